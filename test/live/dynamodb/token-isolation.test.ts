import * as assert from 'uvu/assert'
import { targets } from '../../../src/dialect/dynamodb/targets.ts'
import { keystoneFromEnv } from '../../stack/keystone-stack.ts'
import { atOnce } from '../../support/at-once.ts'
import { Service } from '../../support/service.ts'
import { suite } from '../../support/suite.ts'
import { CredentialMaker, spoofedHeaders } from '../credentials.ts'
import { foreignCallers, type Headers, invalidCallers } from '../foreign-callers.ts'
import { keystoneSection } from '../keystone-section.ts'
import { bodyOf, MISSING, OPERATIONS, post, READS, type Reply, TABLE, Victim } from './victim.ts'

/** The permissions of a real Keystone's tokens on the DynamoDB wire, for every operation. */

const LANES = 8
const INVALID = 'The security token included in the request is invalid.'

const test = suite('tokens on the DynamoDB wire')
const keystone = keystoneFromEnv()
const { alpha, beta } = keystone.data.projects
const maker = new CredentialMaker(keystone)
let service: Service
let victim: Victim

test.before(async () => {
  service = await Service.start({
    DEFAULT: { auth_strategy: 'keystone', workers: 2 },
    keystone_authtoken: keystoneSection(keystone.data),
  })
  victim = new Victim(service.url, alpha.id, await maker.userToken(alpha.users.member))
  await victim.create()
})

test.after(async () => {
  assert.is(await service.stop(), 0)
})

function send(operation: string, table: string, headers: Headers): Promise<Reply> {
  const body = bodyOf(operation, table, alpha.id)
  return post(service.url, operation, body, Object.fromEntries(headers))
}

/** Sends operations for the victim's table and for a missing one. */
async function expectEverywhere(
  callers: Readonly<Record<string, Headers>>,
  operations: readonly string[],
  type: string,
  message: string,
): Promise<void> {
  const before = await victim.state()
  const all = Object.entries(callers).flatMap(([name, headers]) =>
    operations.flatMap((operation) =>
      [TABLE, MISSING].map((table) => ({ name, headers, operation, table })),
    ),
  )
  const faults: string[] = []
  await atOnce(LANES, all, async ({ name, headers, operation, table }) => {
    const reply = await send(operation, table, headers)
    const told = JSON.parse(reply.body).message
    if (reply.status === 400 && reply.type === type && told === message) return
    faults.push(`${name}: ${operation} of ${table}: ${JSON.stringify(reply)}`)
  })
  assert.is(faults.slice(0, 20).join('\n'), '')
  assert.is(await victim.state(), before)
}

test('the isolation test has a request for every operation', () => {
  const named = OPERATIONS.map((name) => `DynamoDB_20120810.${name}`)
  assert.equal(named.sort(), [...targets('').keys()].sort())
})

test('an invalid token gets the same refusal from every operation', async () => {
  const all = Object.entries(await invalidCallers(keystone, maker))
  const shows = ([, headers]: [string, Headers]) =>
    headers.some(([name]) => name === 'X-Auth-Token')
  const without = Object.fromEntries(all.filter((each) => !shows(each)))
  const strangers = Object.fromEntries(all.filter(shows))
  const missing = 'Request is missing Authentication Token'
  await expectEverywhere(without, OPERATIONS, 'MissingAuthenticationTokenException', missing)
  await expectEverywhere(strangers, OPERATIONS, 'UnrecognizedClientException', INVALID)
})

test('a token without a project gets AccessDeniedException', async () => {
  const { 'A token scoped to a project is required.': unscoped = {} } = await foreignCallers(
    keystone,
    maker,
  )
  const message = 'The token is not scoped to a project'
  await expectEverywhere(unscoped, OPERATIONS, 'AccessDeniedException', message)
})

test('a reader may read, and gets 400 for writes', async () => {
  const reader: Headers = [['X-Auth-Token', await maker.userToken(alpha.users.reader)]]
  const spoofed = [...reader, ...spoofedHeaders(alpha.id)]
  const writes = OPERATIONS.filter((name) => !READS.includes(name))
  const message = 'The caller is not authorized to perform this operation'
  await expectEverywhere({ reader, spoofed }, writes, 'AccessDeniedException', message)
  for (const operation of READS) assert.is((await send(operation, TABLE, reader)).status, 200)
})

test("another project's member finds no table", async () => {
  const before = await victim.state()
  const token = await maker.userToken(beta.users.member)
  const stranger: Headers = [['X-Auth-Token', token], ...spoofedHeaders(alpha.id)]
  const byTable = OPERATIONS.filter(
    (name) => !/^(Create|List|Describe(Limits|Endp)|.*ag)/.test(name),
  )
  for (const operation of byTable) {
    const { type } = await send(operation, TABLE, stranger)
    assert.is(type, 'ResourceNotFoundException', operation)
  }
  for (const operation of ['TagResource', 'UntagResource', 'ListTagsOfResource']) {
    assert.is((await send(operation, TABLE, stranger)).type, 'AccessDeniedException', operation)
  }
  assert.equal(JSON.parse((await send('ListTables', TABLE, stranger)).body), { TableNames: [] })
  assert.is(await victim.state(), before)
})

test('a member may call every operation', async () => {
  const member: Headers = [['X-Auth-Token', await maker.userToken(alpha.users.member)]]
  const last = ['UpdateTable', 'DeleteTable']
  for (const operation of OPERATIONS.filter((name) => !last.includes(name))) {
    const reply = await send(operation, TABLE, member)
    assert.is(reply.status, 200, `${operation}: ${reply.body}`)
  }
  assert.is((await send('UpdateTable', TABLE, member)).status, 200)
  const unprotected = JSON.stringify({ TableName: TABLE, DeletionProtectionEnabled: false })
  const headers = Object.fromEntries(member)
  assert.is((await post(service.url, 'UpdateTable', unprotected, headers)).status, 200)
  assert.is((await send('DeleteTable', TABLE, member)).status, 200)
})

test.run()
