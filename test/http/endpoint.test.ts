import * as assert from 'uvu/assert'
import {
  type InProcessService,
  startService,
  THREAD_TABLE,
  TOKEN,
} from '../support/in-process-service.ts'
import { ask, messageOf } from '../support/raw-http.ts'
import { suite } from '../support/suite.ts'

const test = suite<{ service: InProcessService }>('http endpoint')

test.before(async (context) => {
  context.service = await startService()
})

test.after(async ({ service }) => {
  await service.close()
})

const TABLES = '/v1/data/p1/tables'

test('a table is created, written, read and listed', async ({ service: { port } }) => {
  const call = (method: string, target: string, body = '') =>
    ask(port, { method, target, headers: [TOKEN], body })
  const created = await call('POST', TABLES, THREAD_TABLE)
  assert.is(created.status, 200)
  assert.is(created.headers.get('content-type'), 'application/json')
  assert.is(
    JSON.parse(created.body).table_description.links[0].href,
    `http://127.0.0.1:${port}/v1/data/p1/tables/thread`,
  )
  const item = { forum: { S: 'é😀' } }
  const put = await call('POST', `${TABLES}/thread/put_item`, JSON.stringify({ item }))
  assert.is(put.body, '{}')
  const got = await call('POST', `${TABLES}/thread/get_item`, JSON.stringify({ key: item }))
  assert.equal(JSON.parse(got.body), { item })
  assert.is(got.headers.get('content-length'), String(Buffer.byteLength(got.body)))
  const listed = await call('GET', `${TABLES}?limit=1`)
  assert.is(JSON.parse(listed.body).last_evaluated_table_name, 'thread')
  const refused = await call('GET', `${TABLES}?colour=red`)
  assert.is(refused.status, 400)
})

test('a request without a valid token answers 401 in text', async ({ service: { port } }) => {
  for (const headers of [[], ['X-Auth-Token: rubbish'], ['X-Tenant-Id: p1', 'X-Roles: admin']]) {
    const answer = await ask(port, { target: TABLES, headers })
    assert.is(answer.status, 401)
    assert.is(answer.headers.get('content-type'), 'text/plain; charset=UTF-8')
    const hint = 'X-Auth-Token is USER:PROJECT, without Keystone'
    assert.is(answer.body, `Authentication required: ${hint}`)
  }
})

test("another project's path answers 403, whatever identity headers say", async ({
  service: { port },
}) => {
  const headers = [TOKEN, 'X-Project-Id: p2', 'X-Tenant-Id: p2', 'X-Roles: admin']
  const answer = await ask(port, { target: '/v1/data/p2/tables', headers })
  assert.is(answer.status, 403)
  assert.is(messageOf(answer), 'No access to project')
})

test('project ids that differ in a dash, dot or case are different projects', async ({
  service: { port },
}) => {
  const projects = ['a-b', 'ab', 'a.b', 'a_b', 'AB']
  const listOf = (project: string, owner: string) =>
    ask(port, { target: `/v1/data/${project}/tables`, headers: [`X-Auth-Token: ann:${owner}`] })
  const target = '/v1/data/a-b/tables'
  const headers = ['X-Auth-Token: ann:a-b']
  const created = await ask(port, { method: 'POST', target, headers, body: THREAD_TABLE })
  assert.is(created.status, 200)
  for (const project of projects) {
    const { body } = await listOf(project, project)
    assert.is(JSON.parse(body).tables.length, project === 'a-b' ? 1 : 0, project)
    for (const owner of projects) {
      const expected = owner === project ? 200 : 403
      assert.is((await listOf(project, owner)).status, expected, `${owner} in ${project}`)
    }
  }
})

test('a caller without permission gets the same 403 for any table and body', async ({
  service: { port },
}) => {
  const headers = ['X-Auth-Token: user:p1:reader']
  const bodies = ['{"item":{}}', 'no json', '']
  const answers = await Promise.all(
    ['thread', 'no_such_table', 'x'].flatMap((table) =>
      bodies.map((body) =>
        ask(port, { method: 'POST', target: `${TABLES}/${table}/put_item`, headers, body }),
      ),
    ),
  )
  for (const { status, body } of answers) {
    assert.is(status, 403)
    assert.is(body, answers[0]?.body)
  }
  assert.match(answers[0]?.body ?? '', /You are not authorized/)
  const foreign = ['thread', 'no_such_table'].map((table) =>
    ask(port, { target: `/v1/data/p2/tables/${table}`, headers: [TOKEN] }),
  )
  const [existing, missing] = await Promise.all(foreign)
  assert.is(existing?.body, missing?.body)
})

test('a repeated header that identifies the caller answers 400', async ({ service: { port } }) => {
  const pairs = [
    ['X-Auth-Token: user:p1', 'x-auth-token: user:p2'],
    ['Host: localhost', 'Host: localhost', TOKEN],
    ['Content-Type: application/json', 'content-type: text/plain', TOKEN],
    ['Authorization: a', 'AUTHORIZATION: b', TOKEN],
    ['X-Service-Token: a', 'X-Service-Token: a', TOKEN],
    ['Content-Encoding: identity', 'content-encoding: identity', TOKEN],
    ['X-OpenStack-Request-Id: a', 'x-openstack-request-id: a', TOKEN],
  ]
  for (const headers of pairs) {
    const answer = await ask(port, { target: TABLES, headers })
    assert.is(answer.status, 400, headers.join())
    assert.match(messageOf(answer), /more than once/)
  }
  const twoHarmless = await ask(port, {
    target: TABLES,
    headers: [TOKEN, 'Accept: a', 'Accept: b'],
  })
  assert.is(twoHarmless.status, 200)
})

test('a body with Content-Encoding answers 415', async ({ service: { port } }) => {
  const post = { method: 'POST', target: `${TABLES}/thread/put_item`, body: '{}' }
  const gzip = await ask(port, { ...post, headers: [TOKEN, 'Content-Encoding: gzip'] })
  assert.is(gzip.status, 415)
  const identity = await ask(port, { ...post, headers: [TOKEN, 'Content-Encoding: Identity'] })
  assert.is(identity.status, 400)
})

test('an invalid body answers 400 with its reason', async ({ service: { port } }) => {
  const reasons: readonly (readonly [string, RegExp])[] = [
    ['', /empty/],
    ['null', /'body'/],
    ['[1]', /'body'/],
    ['{"item":NaN}', /not valid JSON/],
    ['{"item":{}} x', /not valid JSON/],
    ['{"item":{},"item":{}}', /twice/],
    ['{"item":{"forum":{"S":"\\ud800"}}}', /surrogate/],
    ['['.repeat(100_000), /nests deeper/],
  ]
  for (const [body, reason] of reasons) {
    const target = `${TABLES}/thread/put_item`
    const answer = await ask(port, { method: 'POST', target, headers: [TOKEN], body })
    assert.is(answer.status, 400, body.slice(0, 40))
    assert.match(messageOf(answer), reason)
  }
})

test('the routed path is the authorized path', async ({ service: { port } }) => {
  const status = async (target: string) => (await ask(port, { target, headers: [TOKEN] })).status
  assert.is(await status('/v1/data/p2/../p1/tables'), 200)
  assert.is(await status('/v1/data/p1/../p2/tables'), 403)
  assert.is(await status('/v1/data/p1/%2e%2e/p2/tables'), 403)
  assert.is(await status('/v1/data/%70%31/tables'), 200)
  for (const end of [
    '%2ftables',
    '/tables/a%2Fb',
    '/tables/a%252Fb',
    '/tables/%zz',
    '/tables/a%',
  ]) {
    const answer = await ask(port, { target: `/v1/data/p1${end}`, headers: [TOKEN] })
    assert.is(answer.status, 400, end)
    assert.match(messageOf(answer), /The path holds characters/)
  }
  assert.is(await status('//evil/v1/data/p1/tables'), 404)
  assert.is(await status('/v1/data/p1/tables/'), 404)
  assert.is(await status('/v1\\data\\p1\\tables'), 400)
  assert.is(await status('http://evil.example/v1/data/p2/tables'), 403)
  assert.is(await status('/v1/data/p1/tables/%C3%A9tage'), 400)
})

test('noauth answers 403 to a Host beyond loopback', async ({ service: { port } }) => {
  const answer = await ask(port, { target: TABLES, headers: [TOKEN, 'Host: attacker.example'] })
  assert.is(answer.status, 403)
  for (const host of ['localhost', '127.0.0.1:1', '[::1]:8480']) {
    const served = await ask(port, { target: TABLES, headers: [TOKEN, `Host: ${host}`] })
    assert.is(served.status, 200, host)
  }
})

test('every answer has its own request id', async ({ service: { port } }) => {
  const ids = new Set<string | undefined>()
  for (const target of [TABLES, '/nowhere', '/', '/healthcheck', '/v1/data/p2/tables']) {
    const { headers } = await ask(port, { target, headers: [TOKEN] })
    assert.match(headers.get('x-openstack-request-id') ?? '', /^req-[0-9a-f-]{36}$/)
    ids.add(headers.get('x-openstack-request-id'))
  }
  assert.is(ids.size, 5)
})

test('the Connection header of a request is not repeated', async ({ service: { port } }) => {
  const headers = [TOKEN, 'Connection: close, X-Injected']
  const answer = await ask(port, { target: TABLES, headers })
  assert.is(answer.headers.get('connection'), 'close')
})

test('HEAD answers as GET without a body', async ({ service: { port } }) => {
  const answer = await ask(port, { method: 'HEAD', target: TABLES, headers: [TOKEN] })
  assert.is(answer.status, 200)
  assert.is(answer.body, '')
  assert.ok(Number(answer.headers.get('content-length')) > 10)
})

test('links begin with public_endpoint if it is set', async () => {
  const service = await startService('public_endpoint = https://kv.example.org/\n')
  try {
    const body = THREAD_TABLE
    const target = TABLES
    const answer = await ask(service.port, { method: 'POST', target, headers: [TOKEN], body })
    const [{ href }] = JSON.parse(answer.body).table_description.links
    assert.is(href, 'https://kv.example.org/v1/data/p1/tables/thread')
  } finally {
    await service.close()
  }
})

test.run()
