import type { ServerResponse } from 'node:http'
import * as assert from 'uvu/assert'
import { IdentityUnavailableError } from '../../../../src/identity/errors.ts'
import { HttpClient } from '../../../../src/identity/keystone/http-client.ts'
import { ServiceToken } from '../../../../src/identity/keystone/login/service-token.ts'
import { suite } from '../../../support/suite.ts'
import { answer, FakeKeystone, loginBody, optionsFor } from '../fake-keystone.ts'
import { ManualClock } from '../manual-clock.ts'
import { RecordedLog } from '../recorded-log.ts'

const LIFE_MS = 3_600_000

const test = suite('service-token')
let keystone: FakeKeystone
let http: HttpClient
let clock: ManualClock
let log: RecordedLog
let serviceToken: ServiceToken

test.before.each(async () => {
  keystone = await FakeKeystone.start()
  http = new HttpClient({ retriesMax: 0 })
  clock = new ManualClock()
  log = new RecordedLog()
  serviceToken = new ServiceToken({ http, options: optionsFor(keystone), clock, log })
})

test.after.each(async () => {
  http.close()
  await keystone.stop()
})

const deadline = () => performance.now() + 30_000
const session = () => serviceToken.session(deadline())
const failureOf = (call: Promise<unknown>) => call.catch((error: unknown) => error)

test('one login serves everyone', async () => {
  const sessions = await Promise.all(Array.from({ length: 20 }, session))
  assert.is(keystone.logins, 1)
  assert.equal(new Set(sessions.map(({ token }) => token)), new Set(['service-1']))
  assert.is(sessions[0]?.endpoint, keystone.url)
  await session()
  assert.is(keystone.logins, 1)
})

test('from 80 % of its life on it is renewed, and goes on being used meanwhile', async () => {
  await session()
  clock.advance(LIFE_MS * 0.8 - 1)
  await session()
  assert.is(keystone.logins, 1)

  clock.advance(1)
  const arrived = new Promise<ServerResponse>((resolve) => {
    keystone.login = (_request, response) => resolve(response)
  })
  for (let n = 0; n < 5; n++) assert.is((await session()).token, 'service-1')
  answer(await arrived, 201, loginBody(3_600), { 'x-subject-token': 'renewed' })
  while ((await session()).token !== 'renewed') await new Promise(setImmediate)
  assert.is(keystone.logins, 2)
})

test('a renewal that fails costs nothing while the old one lasts', async () => {
  await session()
  keystone.login = (_request, response) => answer(response, 500, 'no')
  clock.advance(LIFE_MS * 0.9)
  assert.is((await session()).token, 'service-1')
  while (log.lines.length < 2) await new Promise(setImmediate)
  assert.is((await session()).token, 'service-1')
  assert.is(keystone.logins, 2, 'no other try right after a failure')
  clock.advance(LIFE_MS)
  assert.instance(await failureOf(session()), IdentityUnavailableError)
})

test('after a failure the next try waits for half a second', async () => {
  keystone.login = (_request, response) => answer(response, 500, 'no')
  for (let n = 0; n < 5; n++) assert.instance(await failureOf(session()), IdentityUnavailableError)
  assert.is(keystone.logins, 1)
  clock.advance(500)
  await failureOf(session())
  clock.advance(500)
  await failureOf(session())
  assert.is(keystone.logins, 3)
})

test('wrong credentials are tried less and less often', async () => {
  keystone.login = (_request, response) => answer(response, 401, 'no')
  for (let second = 0; second < 300; second++) {
    await failureOf(session())
    clock.advance(1_000)
  }
  assert.ok(keystone.logins >= 10 && keystone.logins <= 15, String(keystone.logins))
})

test('a session that Keystone refuses is replaced once, for everyone', async () => {
  const refused = await session()
  clock.advance(1_000)
  const next = await Promise.all(
    Array.from({ length: 10 }, () => serviceToken.sessionAfter(refused, deadline())),
  )
  assert.equal(new Set(next.map(({ token }) => token)), new Set(['service-2']))
  assert.is((await serviceToken.sessionAfter(refused, deadline())).token, 'service-2')
  assert.is(keystone.logins, 2)
})

test('a session that is refused as soon as it began is not replaced', async () => {
  const refused = await session()
  const error = await failureOf(serviceToken.sessionAfter(refused, deadline()))
  assert.instance(error, IdentityUnavailableError)
  assert.is(keystone.logins, 1)
})

test('neither password nor token is ever logged', async () => {
  await session()
  keystone.login = (_request, response) => answer(response, 401, 'no')
  clock.advance(LIFE_MS)
  await failureOf(session())
  assert.is(log.lines.length, 2)
  assert.not.match(log.text, 'service-secret')
  assert.not.match(log.text, 'service-1')
})

test.run()
