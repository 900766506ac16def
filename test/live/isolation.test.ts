import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { DATA_PATH } from '../../src/dialect/magnetodb/paths.ts'
import { V1_BULK_LOAD, V1_ROUTES } from '../../src/dialect/magnetodb/routes.ts'
import { keystoneFromEnv } from '../stack/keystone-stack.ts'
import { Service } from '../support/service.ts'
import { suite } from '../support/suite.ts'
import { CredentialMaker, spoofedHeaders } from './credentials.ts'
import { foreignCallers, type Headers, invalidCallers } from './foreign-callers.ts'
import { keystoneSection } from './keystone-section.ts'

/** Requests every route of the v1 API with every kind of credential that has no permission. */

const TABLE = 'victim'
const MISSING = 'missing'
const REQUESTS_AT_ONCE = 8

type Reply = { readonly status: number; readonly challenge: string | null; readonly body: string }

const test = suite('isolation')
const keystone = keystoneFromEnv()
const { alpha, beta } = keystone.data.projects
const maker = new CredentialMaker(keystone)
const folder = mkdtempSync(join(tmpdir(), 'magnetodb-isolation-'))
const logFile = join(folder, 'magnetodb.log')
let service: Service
let owner: string
/** All tokens that were sent, and the text of all responses. */
const sent = new Set<string>()
let answered = ''

/** A valid request for each route. Writes would leave a visible change. */
const KEY = { id: { S: 'a' } }
const CONDITIONS = { id: { comparison_operator: 'EQ', attribute_value_list: [{ S: 'a' }] } }
const UPDATES = { v: { action: 'PUT', value: { S: 'stolen' } } }
const BODIES: Readonly<Record<string, (table: string) => unknown>> = {
  'POST /tables': (table) => definition(`${table}2`),
  'GET /tables': () => undefined,
  'GET /tables/:table_name': () => undefined,
  'DELETE /tables/:table_name': () => undefined,
  'POST /tables/:table_name/put_item': () => ({ item: { ...KEY, v: { S: 'stolen' } } }),
  'POST /tables/:table_name/get_item': () => ({ key: KEY }),
  'POST /tables/:table_name/update_item': () => ({ key: KEY, attribute_updates: UPDATES }),
  'POST /tables/:table_name/delete_item': () => ({ key: KEY }),
  'POST /tables/:table_name/query': () => ({ key_conditions: CONDITIONS }),
  'POST /tables/:table_name/scan': () => ({}),
  'POST /tables/:table_name/bulk_load': () => ({ ...KEY, v: { S: 'stolen' } }),
  'POST /batch_get_item': (table) => ({ request_items: { [table]: { keys: [KEY] } } }),
  'POST /batch_write_item': (table) => ({
    request_items: { [table]: [{ delete_request: { key: KEY } }] },
  }),
}
const ROUTES = Object.keys(BODIES)
const READS = ROUTES.filter((route) => /^GET|get_item$|query$|scan$/.test(route))

function definition(table_name: string): unknown {
  return {
    table_name,
    attribute_definitions: [{ attribute_name: 'id', attribute_type: 'S' }],
    key_schema: [{ attribute_name: 'id', key_type: 'HASH' }],
  }
}

async function send(route: string, table: string, headers: Headers): Promise<Reply> {
  const [method = '', path = ''] = route.split(' ')
  const body = BODIES[route]?.(table)
  for (const [name, value] of headers) if (name.endsWith('-Token')) sent.add(value)
  const response = await fetch(
    `${service.url}/v1/data/${alpha.id}${path.replace(':table_name', table)}`,
    {
      method,
      headers: [...headers.map(([name, value]): [string, string] => [name, value])],
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    },
  )
  const challenge = response.headers.get('www-authenticate')
  const text = await response.text()
  answered += `${JSON.stringify([...response.headers])} ${text}\n`
  return { status: response.status, challenge, body: text }
}

test.before(async () => {
  service = await Service.start({
    DEFAULT: {
      ...{ auth_strategy: 'keystone', workers: 2 },
      ...{ debug: 'true', log_operations: 'true', log_file: logFile },
    },
    keystone_authtoken: { ...keystoneSection(keystone.data), auth_version: 'v3' },
  })
  owner = await maker.userToken(alpha.users.member)
  const asOwner = async (route: string, table: string) => {
    const { status, body } = await send(route, table, [['X-Auth-Token', owner]])
    assert.is(status, 200, body)
  }
  const created = await fetch(`${service.url}/v1/data/${alpha.id}/tables`, {
    method: 'POST',
    headers: { 'X-Auth-Token': owner },
    body: JSON.stringify(definition(TABLE)),
  })
  assert.is(created.status, 200)
  const described = () => send('GET /tables/:table_name', TABLE, [['X-Auth-Token', owner]])
  while (!(await described()).body.includes('ACTIVE')) await delay(20)
  await asOwner('POST /tables/:table_name/put_item', TABLE)
})

test.after(async () => {
  assert.is(await service.stop(), 0)
  rmSync(folder, { recursive: true })
})

/** All that the owner can see of the project. */
async function victimState(): Promise<string> {
  const routes = ['GET /tables', 'GET /tables/:table_name', 'POST /tables/:table_name/scan']
  const replies = await Promise.all(
    routes.map((route) => send(route, TABLE, [['X-Auth-Token', owner]])),
  )
  for (const { status, body } of replies) assert.is(status, 200, body)
  return JSON.stringify(replies)
}

async function forEachAtOnce<T>(items: readonly T[], call: (item: T) => Promise<void>) {
  const waiting = [...items]
  const lane = async () => {
    for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) await call(item)
  }
  await Promise.all(Array.from({ length: REQUESTS_AT_ONCE }, lane))
}

/** Requests all routes for the victim's table and for a missing one. */
async function expectEverywhere(
  credentials: Readonly<Record<string, Headers>>,
  routes: readonly string[],
  expected: Omit<Reply, 'body'>,
  body: string,
): Promise<number> {
  const all = Object.entries(credentials).flatMap(([name, headers]) =>
    routes.flatMap((route) => [TABLE, MISSING].map((table) => ({ name, headers, route, table }))),
  )
  const faults: string[] = []
  await forEachAtOnce(all, async ({ name, headers, route, table }) => {
    const reply = await send(route, table, headers)
    if (JSON.stringify(reply) === JSON.stringify({ ...expected, body })) return
    faults.push(`${name}: ${route} of ${table}: ${JSON.stringify(reply)}`)
  })
  assert.is(faults.slice(0, 20).join('\n'), '')
  return all.length
}

function forbidden(message: string): string {
  return JSON.stringify({
    code: 403,
    title: 'Forbidden',
    explanation: 'Access was denied to this resource.',
    error: { message, type: 'Forbidden', traceback: null },
  })
}

test('the isolation test has a request for every route', () => {
  const served = [...V1_ROUTES, V1_BULK_LOAD].map(
    ({ method, path }) => `${method} ${path.replace(DATA_PATH, '')}`,
  )
  assert.equal(served.sort(), [...ROUTES].sort())
})

test('an invalid token gets the same 401 on every route', async () => {
  const before = await victimState()
  const challenge = `Keystone uri="${keystone.data.url}"`
  const expected = { status: 401, challenge }
  const sent = await expectEverywhere(
    await invalidCallers(keystone, maker),
    ROUTES,
    expected,
    'Authentication required',
  )
  assert.ok(sent >= 400, String(sent))
  assert.is(await victimState(), before)
})

test('a valid token for something else gets the same 403 on every route', async () => {
  const before = await victimState()
  for (const [message, credentials] of Object.entries(await foreignCallers(keystone, maker))) {
    const expected = { status: 403, challenge: null }
    await expectEverywhere(credentials, ROUTES, expected, forbidden(message))
  }
  assert.is(await victimState(), before)
})

test('callers without a role get 403, and readers who write get 403', async () => {
  const before = await victimState()
  const guest = await maker.newUser(alpha.id, ['guest'])
  const token = (value: string): Headers => [['X-Auth-Token', value]]
  const reader = await maker.userToken(alpha.users.reader)
  const expected = { status: 403, challenge: null }
  const guests = { guest: token(await maker.userToken(guest)) }
  const refused = forbidden('You are not authorized')
  await expectEverywhere(guests, ROUTES, expected, refused)
  const readers = {
    reader: token(reader),
    'reader, spoofed': [...token(reader), ...spoofedHeaders(alpha.id)],
  }
  const writes = ROUTES.filter((route) => !READS.includes(route))
  await expectEverywhere(readers, writes, expected, refused)
  assert.is(await victimState(), before)
})

test("a reader reads; another project's table of that name answers 404", async () => {
  const reader: Headers = [['X-Auth-Token', await maker.userToken(alpha.users.reader)]]
  const spoofed = [...reader, ...spoofedHeaders(beta.id)]
  for (const headers of [reader, spoofed]) {
    for (const route of READS) assert.is((await send(route, TABLE, headers)).status, 200, route)
  }
  const stranger = await maker.userToken(beta.users.admin)
  const response = await fetch(`${service.url}/v1/data/${beta.id}/tables/${TABLE}`, {
    headers: { 'X-Auth-Token': stranger },
  })
  assert.is(response.status, 404)
})

test('no token or password is in an answer or in the debug log', async () => {
  assert.is(await service.stop(), 0)
  const log = readFileSync(logFile, 'utf8')
  assert.ok(log.split('\n').length > 50, 'operations are logged')
  assert.is(
    log.split('options without effect: [keystone_authtoken] auth_version').length,
    2,
    'warned once',
  )
  const users = [alpha, beta].flatMap((project) => Object.values(project.users))
  const passwords = [...users, keystone.data.service, keystone.data.admin].map(
    (user) => user.password,
  )
  assert.ok(sent.size > 20, String(sent.size))
  for (const secret of [...sent, ...passwords]) {
    assert.ok(secret.length >= 10, 'too short to be recognised')
    assert.not.ok(log.includes(secret), 'in the log')
    assert.not.ok(answered.includes(secret), 'in an answer')
  }
  // The log would mask tokens, but none should be passed to it at all.
  for (const text of [log, answered]) assert.not.match(text, /gAAAAA|\[Redacted\]/)
})

test.run()
