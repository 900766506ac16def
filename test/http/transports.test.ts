import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as assert from 'uvu/assert'
import { DATA_PATH } from '../../src/dialect/magnetodb/paths.ts'
import { createApp, type HttpApp } from '../../src/http/app.ts'
import { createHttpServer } from '../../src/http/connections/server.ts'
import { SAMPLE_REQUESTS, SAMPLE_TABLE } from '../support/hostile/sample-requests.ts'
import { ask } from '../support/raw-http.ts'
import { test } from '../support/suite.ts'
import { v1Parts } from './server-parts.ts'

/** One request, sent over both transports. */
interface Call {
  readonly method: string
  readonly target: string
  readonly token?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

interface Answered {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

let server: Server
let port: number
let app: HttpApp

test.before(async () => {
  const parts = v1Parts()
  server = createHttpServer(createApp(parts), parts)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
  app = createApp(v1Parts())
})

test.after(() => {
  server.closeAllConnections()
  server.close()
})

/** Headers that differ between the transports. The length is absent where one sends chunks. */
const OWN_HEADERS = ['connection', 'date', 'keep-alive', 'transfer-encoding']

/** Removes ids and times, which differ from one service to another. */
function comparable(status: number, headers: Iterable<readonly [string, string]>, text: string) {
  const body = text
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UUID')
    .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?/g, 'TIME')
  const own = [...headers].filter(([name]) => !OWN_HEADERS.includes(name)).sort()
  const named = own.map(([name, value]): [string, string] =>
    name === 'x-openstack-request-id'
      ? [name, value.replace(/^req-[0-9a-f-]{36}$/, 'ID')]
      : [name, value],
  )
  if (body.includes('TIME')) return { status, headers: withoutLength(named), body }
  return { status, headers: Object.fromEntries(named), body }
}

/** The length differs because a time may or may not have a fraction. */
function withoutLength(headers: [string, string][]) {
  return Object.fromEntries(headers.filter(([name]) => name !== 'content-length'))
}

function headersOf({ token = 'user:p1', headers }: Call): Record<string, string> {
  return { Host: 'localhost', ...(token && { 'X-Auth-Token': token }), ...headers }
}

async function overNode(call: Call): Promise<Answered> {
  const headers = Object.entries(headersOf(call)).map(([name, value]) => `${name}: ${value}`)
  const answer = await ask(port, { ...call, headers })
  const isChunked = answer.headers.get('transfer-encoding') === 'chunked'
  const text = isChunked ? dechunked(answer.body) : answer.body
  return comparable(answer.status, answer.headers, text)
}

function dechunked(body: string): string {
  return body.replace(/[0-9a-f]+\r\n([^\r]*)\r\n/g, '$1').trimEnd()
}

async function overFetch(call: Call): Promise<Answered> {
  const { method, target, body } = call
  const url = `http://localhost${target}`
  const init = { method, headers: headersOf(call), ...(body !== undefined && { body }) }
  const response = await app.request(url, init)
  const text = await response.text()
  return comparable(response.status, response.headers, text.trimEnd())
}

async function expectSame(call: Call, status: number): Promise<Answered> {
  const [node, fetched] = [await overNode(call), await overFetch(call)]
  const about = `${call.method} ${call.target}`
  assert.equal(fetched, node, about)
  assert.is(node.status, status, `${about}: ${node.body}`)
  return node
}

const PROJECT = DATA_PATH.replace(':project_id', 'p1')
const THREAD = `${PROJECT}/tables/thread`
const post = (target: string, body: unknown, more: Partial<Call> = {}): Call => ({
  ...{ method: 'POST', target, body: typeof body === 'string' ? body : JSON.stringify(body) },
  ...more,
})

test('both transports answer every operation alike', async () => {
  await expectSame(post(`${PROJECT}/tables`, SAMPLE_TABLE), 200)
  const seen = new Set<string>()
  for (const { operation, method, path, body } of SAMPLE_REQUESTS) {
    seen.add(operation)
    const lines = operation === 'bulk_load' && Array.isArray(body)
    const text = lines ? body.map((line) => JSON.stringify(line)).join('\n') : JSON.stringify(body)
    const call = { method, target: PROJECT + path, ...(body !== undefined && { body: text }) }
    await expectSame(call, 200)
  }
  assert.is(seen.size, 13)
})

test('both transports answer errors alike', async () => {
  const key = { key: { forum: { S: 'x' }, n: { N: '1.5' } } }
  const cases: readonly (readonly [Call, number])[] = [
    [post(`${THREAD}/get_item`, key, { token: '' }), 401],
    [post(`${THREAD}/get_item`, key, { token: 'rubbish' }), 401],
    [post(`${THREAD}/get_item`, key, { token: 'user:p2' }), 403],
    [post(`${THREAD}/put_item`, { item: key.key }, { token: 'user:p1:reader' }), 403],
    [post(`${THREAD}/get_item`, key, { headers: { Host: 'attacker.example' } }), 403],
    [post(`${PROJECT}/tables/missing/get_item`, key), 404],
    [post(`${PROJECT}/tables/a%2Fb/get_item`, key), 400],
    [post(`${PROJECT}/tables/%74hread/get_item`, key), 200],
    [post(`${THREAD}/get_item`, 'no json'), 400],
    [post(`${THREAD}/get_item`, ''), 400],
    [post(`${THREAD}/get_item`, key, { headers: { 'Content-Encoding': 'gzip' } }), 415],
    [post(`${THREAD}/put_item`, ' '.repeat(4 * 1024 * 1024 + 1)), 413],
    [post(`${PROJECT}/tables`, SAMPLE_TABLE), 400],
    [post(`${THREAD}/drop`, {}), 404],
    [{ method: 'GET', target: `${PROJECT}/tables?colour=red` }, 400],
    [{ method: 'GET', target: '/nowhere' }, 404],
    [{ method: 'GET', target: '/no%25where' }, 400],
    [{ method: 'PUT', target: `${PROJECT}/tables` }, 405],
    [{ method: 'GET', target: `${THREAD}/get_item` }, 405],
    [post('/', {}), 405],
    [{ method: 'GET', target: '/', headers: { Host: 'user@evil' } }, 400],
    [{ method: 'GET', target: '/healthcheck/x' }, 404],
    [post(`${THREAD}/bulk_load?progress=perhaps`, ''), 400],
    [post(`${THREAD}/bulk_load`, '', { token: 'user:p1:reader' }), 403],
  ]
  for (const [call, status] of cases) await expectSame(call, status)
})

test('both transports answer pages, HEAD and OPTIONS alike', async () => {
  for (const target of ['/', '/v1', '/v1/', '/healthcheck', '/healthcheck?fullcheck=true']) {
    await expectSame({ method: 'GET', target }, 200)
  }
  await expectSame({ method: 'HEAD', target: '/' }, 200)
  await expectSame({ method: 'HEAD', target: '/healthcheck' }, 204)
  const head = await expectSame({ method: 'HEAD', target: `${PROJECT}/tables` }, 200)
  assert.is(head.body, '')
  assert.ok(Number(head.headers['content-length']) > 0)
  const options = await expectSame({ method: 'OPTIONS', target: `${PROJECT}/batch_get_item` }, 204)
  assert.is(options.headers.allow, 'POST')
})

test('both transports end a bulk load with progress with the same line', async () => {
  const lines = JSON.stringify({ forum: { S: 'load' }, n: { N: '1' } })
  const call = post(`${THREAD}/bulk_load?progress=true`, lines)
  const [node, fetched] = [await overNode(call), await overFetch(call)]
  assert.is(fetched.headers['content-type'], 'application/x-ndjson')
  assert.equal(fetched.headers, node.headers)
  assert.is(fetched.body.split('\n').at(-1), node.body.split('\n').at(-1))
})

test.run()
