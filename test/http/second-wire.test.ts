import { createHmac } from 'node:crypto'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as assert from 'uvu/assert'
import { type Binding, TEXT_TYPE, type Wire } from '../../src/dialect/wire.ts'
import { createApp } from '../../src/http/app.ts'
import { RequestQueue } from '../../src/http/connections/request-queue.ts'
import { createHttpServer } from '../../src/http/connections/server.ts'
import { MagnetoDBError } from '../../src/model/errors.ts'
import { type GetItem, type GetItemResult, getItem } from '../../src/operations/items/get-item.ts'
import { item } from '../engine/short-items.ts'
import { THREAD_TABLE, TOKEN } from '../support/in-process-service.ts'
import { ask, type RawAnswer } from '../support/raw-http.ts'
import { test } from '../support/suite.ts'
import { type ServerParts, v1Parts } from './server-parts.ts'

/*
 * The smallest second wire beside v1. The path means nothing, a header names the operation, the
 * body is signed, and an error is one word of text. The code that serves v1 serves it unchanged.
 */

const BODY_BYTES_MAX = 1_000
const SECRET = 'shared by both sides'

const GET: Binding<GetItem, GetItemResult> = {
  operation: getItem,
  bodyBytesMax: BODY_BYTES_MAX,
  *decode({ body }) {
    yield
    const [table = '', key = ''] = body.toString().split(' ')
    return { table, key: item({ forum: key }), consistentRead: true }
  },
  encode: ({ item }) => item?.json ?? 'null',
}

const words: Wire = {
  name: 'words',
  contentType: 'text/x-words',
  uploads: [],
  routes: [
    {
      method: 'POST',
      path: '/',
      select(request) {
        if (request.header('x-words') === 'get') return GET as Binding
        throw new MagnetoDBError({ is: 'route_not_found' })
      },
    },
  ],
  owns: (request) => request.header('x-words') !== undefined,
  known: () => undefined,
  async identify(request) {
    const body = await request.receive(BODY_BYTES_MAX)
    const [projectId = '', signature] = (request.header('authorization') ?? '').split(' ')
    if (signature !== signed(projectId, body)) throw new MagnetoDBError({ is: 'unauthenticated' })
    return { userId: 'ann', projectId, roles: new Set(['member', 'reader']), expiresAt: Infinity }
  },
  encodeError: ({ code }) => ({ status: 499, contentType: TEXT_TYPE, body: `no: ${code}` }),
}

function signed(projectId: string, body: string | Buffer): string {
  return createHmac('sha256', SECRET).update(projectId).update(body).digest('hex')
}

/** Sends a request as a client of this wire. */
function get(port: number, words: string, { project = 'p1', key = signed(project, words) } = {}) {
  const headers = ['X-Words: get', `Authorization: ${project} ${key}`]
  return ask(port, { method: 'POST', target: '/', headers, body: words })
}

async function serving(own: Partial<ServerParts> = {}) {
  const parts = v1Parts([words], own)
  const server: Server = createHttpServer(createApp(parts), parts)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  servers.push(server)
  return (server.address() as AddressInfo).port
}

const servers: Server[] = []

test.after.each(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

function shown({ status, body, headers }: RawAnswer): string {
  return `${status} ${headers.get('content-type')} ${body}`
}

test('a second wire reads items that v1 wrote, and answers in its own form', async () => {
  const port = await serving()
  const v1 = (target: string, body: string) =>
    ask(port, { method: 'POST', target: `/v1/data/p1${target}`, headers: [TOKEN], body })
  await v1('/tables', THREAD_TABLE)
  await v1('/tables/thread/put_item', '{"item":{"forum":{"S":"here"}}}')
  assert.is(shown(await get(port, 'thread here')), '200 text/x-words {"forum":{"S":"here"}}')
  assert.is((await get(port, 'thread there')).body, 'null')
  const absent = await get(port, 'absent here')
  assert.is(shown(absent), `499 ${TEXT_TYPE} no: table_not_found`)
  assert.is((await get(port, 'thread here', { project: 'p2' })).body, 'no: table_not_found')
})

test('a second wire receives the body before it authenticates', async () => {
  const port = await serving()
  assert.is((await get(port, 'thread here', { key: 'forged' })).body, 'no: unauthenticated')
  const long = 'x'.repeat(BODY_BYTES_MAX + 1)
  assert.is((await get(port, long)).body, 'no: body_too_large')
  const headers = ['X-Words: drop', `Authorization: p1 ${signed('p1', '')}`]
  const unknown = await ask(port, { method: 'POST', target: '/', headers })
  assert.is(unknown.body, 'no: route_not_found')
  const token = await ask(port, { method: 'POST', target: '/', headers: [TOKEN, 'X-Words: get'] })
  assert.is(token.body, 'no: unauthenticated')
})

test("each wire's errors have its own form, also for shed requests", async () => {
  class TooMuch extends RequestQueue {
    override admit(): 'refuse' {
      return 'refuse'
    }
  }
  const port = await serving({ queue: new TooMuch() })
  const refused = await get(port, 'thread here')
  assert.is(shown(refused), `499 ${TEXT_TYPE} no: unavailable`)
  assert.is(refused.headers.get('retry-after'), '1')
  const v1 = await ask(port, { target: '/v1/data/p1/tables', headers: [TOKEN] })
  assert.is(JSON.parse(v1.body).code, 503)
})

test('two wires work in one application', async () => {
  const app = createApp(v1Parts([words]))
  const body = 'thread here'
  const headers = { 'X-Words': 'get', Authorization: `p1 ${signed('p1', body)}` }
  const answer = await app.request('/', { method: 'POST', headers, body })
  assert.is(await answer.text(), 'no: table_not_found')
  const wrong = await app.request('/', { method: 'PUT', headers: { 'X-Words': 'get' } })
  assert.is(wrong.headers.get('allow'), 'GET, POST, HEAD')
  assert.is(await wrong.text(), 'no: method_not_allowed')
  const v1 = await app.request('/v1/data/p1/tables', { headers: { 'X-Auth-Token': 'ann:p1' } })
  assert.is(v1.status, 200)
})

test.run()
