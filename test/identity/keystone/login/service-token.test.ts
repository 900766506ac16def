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

test('concurrent requests share one login', async () => {
  const sessions = await Promise.all(Array.from({ length: 20 }, session))
  assert.is(keystone.logins, 1)
  assert.equal(new Set(sessions.map(({ token }) => token)), new Set(['service-1']))
  assert.is(sessions[0]?.endpoint, keystone.url)
  await session()
  assert.is(keystone.logins, 1)
})

test('after 80 % of its life the token is renewed while it is still used', async () => {
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

test('a failed renewal fails no request while the old token is valid', async () => {
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

test('after a failed login the next one waits for 0.5 s', async () => {
  keystone.login = (_request, response) => answer(response, 500, 'no')
  for (let n = 0; n < 5; n++) assert.instance(await failureOf(session()), IdentityUnavailableError)
  assert.is(keystone.logins, 1)
  clock.advance(500)
  await failureOf(session())
  clock.advance(500)
  await failureOf(session())
  assert.is(keystone.logins, 3)
})

test('after refused logins the pause grows', async () => {
  keystone.login = (_request, response) => answer(response, 401, 'no')
  for (let second = 0; second < 300; second++) {
    await failureOf(session())
    clock.advance(1_000)
  }
  assert.ok(keystone.logins >= 10 && keystone.logins <= 15, String(keystone.logins))
})

test('a service token that Keystone refuses is replaced once for all requests', async () => {
  const refused = await session()
  clock.advance(1_000)
  const next = await Promise.all(
    Array.from({ length: 10 }, () => serviceToken.sessionAfter(refused, deadline())),
  )
  assert.equal(new Set(next.map(({ token }) => token)), new Set(['service-2']))
  assert.is((await serviceToken.sessionAfter(refused, deadline())).token, 'service-2')
  assert.is(keystone.logins, 2)
})

test('a service token that is refused when new is not replaced', async () => {
  const refused = await session()
  const error = await failureOf(serviceToken.sessionAfter(refused, deadline()))
  assert.instance(error, IdentityUnavailableError)
  assert.is(keystone.logins, 1)
})

test('neither password nor token is logged', async () => {
  await session()
  keystone.login = (_request, response) => answer(response, 401, 'no')
  clock.advance(LIFE_MS)
  await failureOf(session())
  assert.is(log.lines.length, 2)
  assert.not.match(log.text, 'service-secret')
  assert.not.match(log.text, 'service-1')
})

test.run()
