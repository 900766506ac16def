import * as assert from 'uvu/assert'
import { SAMPLE_REQUESTS, SAMPLE_TABLE } from '../support/hostile/sample-requests.ts'
import { HOSTILE_NAMES } from '../support/hostile/values.ts'
import { type InProcessService, startService, TOKEN } from '../support/in-process-service.ts'
import { ask, messageOf, type RawAnswer, requestText, sendRaw } from '../support/raw-http.ts'
import { suite } from '../support/suite.ts'

/** The tests of hostile.test.ts in short, for every route and both ports. */
const test = suite<{ service: InProcessService }>('hostile requests on every route')

interface RouteCase {
  readonly what: string
  readonly port: (service: InProcessService) => number
  readonly method: string
  readonly path: string
  readonly body: string
}

const ROUTES: readonly RouteCase[] = SAMPLE_REQUESTS.flatMap(({ operation, ...sample }) => {
  const { body, method, path } = sample
  const lines = operation === 'bulk_load' && Array.isArray(body) ? body : [body]
  const text = body === undefined ? '' : lines.map((line) => JSON.stringify(line)).join('\n')
  const route = { what: operation, method, path, body: text, port: portOf }
  if (operation !== 'bulk_load') return [route]
  return [route, { ...route, what: 'bulk_load, streaming port', port: streamingPortOf }]
})
/** Routes whose JSON body is read completely before it is decoded. */
const POSTED = ROUTES.filter(({ method, what }) => method === 'POST' && !what.startsWith('bulk'))

function portOf({ port }: InProcessService): number {
  return port
}

function streamingPortOf({ streamingPort }: InProcessService): number {
  return streamingPort
}

test.before(async (context) => {
  context.service = await startService()
  const { port } = context.service
  const body = JSON.stringify(SAMPLE_TABLE)
  const target = '/v1/data/p1/tables'
  assert.is((await ask(port, { method: 'POST', target, headers: [TOKEN], body })).status, 200)
})

test.after(async ({ service }) => {
  await service.close()
})

type Change = {
  readonly path?: string
  readonly project?: string
  readonly body?: string
  readonly headers?: readonly string[]
  readonly method?: string
}

function askRoute(
  service: InProcessService,
  { port, method, path, body }: RouteCase,
  change: Change,
): Promise<RawAnswer> {
  return ask(port(service), {
    method: change.method ?? method,
    target: `/v1/data/${change.project ?? 'p1'}${change.path ?? path}`,
    headers: change.headers ?? [TOKEN],
    body: change.body ?? body,
  })
}

const CHANGES: readonly (readonly [what: string, status: number, change: Change])[] = [
  ['no token', 401, { headers: [] }],
  ['a token that is none', 401, { headers: ['X-Auth-Token: x'] }],
  ['two tokens', 400, { headers: [TOKEN, 'x-auth-token: user:p2'] }],
  ['a token and the same again', 400, { headers: [TOKEN, TOKEN] }],
  ['two hosts', 400, { headers: [TOKEN, 'Host: localhost', 'Host: evil'] }],
  ['two authorizations', 400, { headers: [TOKEN, 'Authorization: a', 'Authorization: b'] }],
  ['two service tokens', 400, { headers: [TOKEN, 'X-Service-Token: a', 'X-Service-Token: b'] }],
  ['two types', 400, { headers: [TOKEN, 'Content-Type: a/b', 'Content-Type: a/b'] }],
  ['a host that is not ours', 403, { headers: [TOKEN, 'Host: evil.example'] }],
  ['another project', 403, { project: 'p2' }],
  ["another project's headers", 403, { project: 'p2', headers: [TOKEN, 'X-Project-Id: p2'] }],
  ['another project by dots', 403, { project: 'p1/../p2' }],
  ['another project by coded dots', 403, { project: 'p1/%2e%2e/p2' }],
  ['our project by dots', 403, { project: 'p2/../p1', headers: ['X-Auth-Token: user:p2'] }],
  ['a slash in the project', 400, { project: 'p1%2f..%2fp2' }],
  ['rubbish in the project', 400, { project: 'p%zz' }],
  ['a role that may nothing', 403, { headers: ['X-Auth-Token: user:p1:nobody'], body: '{' }],
  ['an encoded body', 415, { headers: [TOKEN, 'Content-Encoding: gzip'] }],
  ['an unknown expectation', 417, { headers: [TOKEN, 'Expect: 999-miracle'] }],
  ['TRACE', 405, { method: 'TRACE' }],
  ['PATCH', 405, { method: 'PATCH' }],
]
for (const [what, status, change] of CHANGES) {
  test(`${status}: ${what}`, async ({ service }) => {
    for (const route of ROUTES) {
      const answer = await askRoute(service, route, change)
      assert.is(answer.status, status, `${route.what}: ${answer.text}`)
      assert.not.match(answer.text, /100 Continue|user:p/, route.what)
    }
  })
}

test('a slash or invalid bytes in a table name answer 400 on every route', async ({ service }) => {
  for (const route of ROUTES.filter(({ path }) => /tables\/\w/.test(path))) {
    for (const name of ['a%2fb', 'a%5cb%252f', '%zz', 'a%00%25']) {
      const path = route.path.replace(/tables\/\w+/, () => `tables/${name}`)
      const answer = await askRoute(service, route, { path })
      assert.is(answer.status, 400, `${route.what} ${path}`)
      assert.match(messageOf(answer), /The path holds characters/)
    }
  }
})

const TABLE_NAMES = [...HOSTILE_NAMES, '"; DROP TABLE x; --', '\u0000', 'é', 'x'.repeat(16_000)]

test('a hostile table name answers 400, 404 or 431 on every route', async ({ service }) => {
  for (const route of ROUTES.filter(({ path }) => /tables\/thread/.test(path))) {
    for (const name of TABLE_NAMES) {
      const path = route.path.replace('thread', () => encodeURIComponent(name))
      const answer = await askRoute(service, route, { path })
      // Describe and delete report an invalid name; the others report that the table does not
      // exist.
      const isTold = answer.status === 200 && answer.body.includes('TableNotExistsException')
      assert.ok([400, 404, 431].includes(answer.status) || isTold, `${route.what} ${answer.text}`)
    }
  }
})

test('a request that is refused early gets no 100 Continue', async ({ service }) => {
  for (const { what, port, method, path } of ROUTES.filter(({ body }) => body !== '')) {
    const target = `/v1/data/p1${path}`
    const status = async (token: string, length: number) => {
      const headers = [token, 'Expect: 100-continue', `Content-Length: ${length}`]
      const text = requestText(port(service), { method, target, headers }, ['Connection: close'])
      const answer = await sendRaw(port(service), text)
      assert.not.match(answer.text, /100 Continue/, what)
      return answer.status
    }
    assert.is(await status('X-A: b', 2), 401, what)
    assert.is(await status('X-Auth-Token: user:p2', 2), 403, what)
    assert.is(await status('X-Auth-Token: user:p1:nobody', 2), 403, what)
    if (!what.startsWith('bulk_load')) assert.is(await status(TOKEN, 20_000_000), 413, what)
  }
})

const BODIES: readonly (readonly [reason: RegExp, body: (valid: string) => string | Buffer])[] = [
  [/empty/, () => ''],
  [/'body'/, () => 'null'],
  [/not valid JSON/, () => 'NaN'],
  [/'body'|'item'|Object/, () => '[]'],
  [/'body'|'item'|Object/, () => '"x"'],
  [/not valid JSON/, (valid) => `${valid} x`],
  [/not valid JSON/, (valid) => `\ufeff${valid}`],
  [/not valid JSON/, (valid) => Buffer.from(valid, 'utf16le')],
  [/UTF-8/, (valid) => Buffer.from(valid.replace('"', '"\xff'), 'latin1')],
  [/UTF-8/, (valid) => Buffer.from(valid.replace('"', '"\xc0\xaf'), 'latin1')],
  [/surrogate/, (valid) => valid.replace('"', '"\\ud800')],
  [/twice/, (valid) => valid.replace('{', '{"a":1,"\\u0061":1,')],
  [/Unexpected properties|typed value/, (valid) => valid.replace('{', '{"__proto__":{},')],
  [/Unexpected properties|'constructor'/, (valid) => valid.replace('{', '{"constructor":1e400,')],
  [/Unexpected properties|Wrong/, (valid) => valid.replace('{', `{"${'x'.repeat(70_000)}":{},`)],
  [/nests deeper/, () => '['.repeat(1_000_000)],
  [/nests deeper/, () => '{"a":'.repeat(500_000)],
  [/names and values/, () => `{"a":[${'[],'.repeat(1_000_000)}[]]}`],
]

test('a hostile body answers 400 with a short reason on every route', async ({ service }) => {
  for (const { what, port, method, path, body } of POSTED) {
    for (const [reason, bodyOf] of BODIES) {
      const bytes = Buffer.from(bodyOf(body))
      const headers = [TOKEN, `Content-Length: ${bytes.length}`]
      const target = `/v1/data/p1${path}`
      const head = requestText(port(service), { method, target, headers }, ['Connection: close'])
      const answer = await sendRaw(port(service), head, bytes)
      assert.is(answer.status, 400, `${what} ${reason}: ${answer.text}`)
      assert.match(messageOf(answer), reason, what)
      assert.ok(messageOf(answer).length < 1_300, `${what} ${reason}`)
    }
  }
})

test('a hostile line of a bulk load fails with a reason', async ({ service }) => {
  for (const { what, port, method, path, body } of ROUTES.filter(
    (route) => !POSTED.includes(route),
  )) {
    if (body === '') continue
    const [line = ''] = body.split('\n')
    for (const [reason, bodyOf] of BODIES) {
      const bytes = Buffer.from(bodyOf(line))
      // An empty load has no invalid line.
      if (bytes.length === 0) continue
      const headers = [TOKEN, `Content-Length: ${bytes.length}`]
      const target = `/v1/data/p1${path}`
      const head = requestText(port(service), { method, target, headers }, ['Connection: close'])
      const answer = await sendRaw(port(service), head, bytes)
      const { processed, failed, failed_items: failedItems } = JSON.parse(answer.body)
      assert.equal([answer.status, processed, failed], [200, 0, 1], `${what} ${reason}`)
      assert.match(Object.values(failedItems).join(), reason, what)
    }
  }
})

test.run()
