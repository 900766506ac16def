import * as assert from 'uvu/assert'
import { IdentityUnavailableError } from '../../../../src/identity/errors.ts'
import { HttpClient } from '../../../../src/identity/keystone/http-client.ts'
import { ServiceToken } from '../../../../src/identity/keystone/login/service-token.ts'
import { validateToken } from '../../../../src/identity/keystone/tokens/validation.ts'
import { suite } from '../../../support/suite.ts'
import { answer, FakeKeystone, optionsFor, tokenBody } from '../fake-keystone.ts'
import { ManualClock } from '../manual-clock.ts'
import { RecordedLog } from '../recorded-log.ts'

const test = suite('validation')
let keystone: FakeKeystone
let http: HttpClient
let clock: ManualClock
let serviceToken: ServiceToken

test.before.each(async () => {
  keystone = await FakeKeystone.start()
  http = new HttpClient({ retriesMax: 1 })
  clock = new ManualClock()
  const options = optionsFor(keystone)
  serviceToken = new ServiceToken({ http, options, clock, log: new RecordedLog() })
})

test.after.each(async () => {
  http.close()
  await keystone.stop()
})

const validate = async (allowExpired = false, milliseconds = 30_000) => {
  const deadlineMs = performance.now() + milliseconds
  const question = { token: 'user-token', allowExpired, deadlineMs }
  return (await validateToken({ http, serviceToken }, question))?.body
}
const failureOf = (call: Promise<unknown>) => call.catch((error: unknown) => error)

test('a validation sends GET /v3/auth/tokens?nocatalog with both tokens', async () => {
  assert.is((await validate())?.identity?.userId, 'u1')
  const call = keystone.calls.find(({ kind }) => kind === 'validation')
  assert.is(call?.url, '/v3/auth/tokens?nocatalog')
  assert.is(call?.headers['x-auth-token'], 'service-1')
  assert.is(call?.headers['x-subject-token'], 'user-token')
  assert.is(call?.headers['openstack-identity-access-rules'], '1')
  assert.equal(Object.keys(call?.headers ?? {}).sort(), [
    ...['accept', 'connection', 'host', 'openstack-identity-access-rules'],
    ...['x-auth-token', 'x-subject-token'],
  ])
})

test('a validation with a service token sets allow_expired', async () => {
  await validate(true)
  const call = keystone.calls.find(({ kind }) => kind === 'validation')
  assert.is(call?.url, '/v3/auth/tokens?nocatalog&allow_expired=1')
})

test("Keystone's 404 and 431 mean that the token is invalid", async () => {
  for (const status of [404, 431]) {
    keystone.validation = (_request, response) => answer(response, status, { error: {} })
    assert.is(await validate(), undefined)
  }
})

test("Keystone's 401 renews our own token and repeats the validation", async () => {
  await serviceToken.session(performance.now() + 30_000)
  clock.advance(60_000)
  keystone.validation = (request, response) => {
    const isOld = request.headers['x-auth-token'] === 'service-1'
    answer(response, isOld ? 401 : 200, isOld ? {} : tokenBody())
  }
  assert.is((await validate())?.identity?.userId, 'u1')
  assert.equal([keystone.logins, keystone.validations], [2, 2])
})

test("Keystone's 401 twice is an outage (503)", async () => {
  await serviceToken.session(performance.now() + 30_000)
  clock.advance(60_000)
  keystone.validation = (_request, response) => answer(response, 401, {})
  assert.instance(await failureOf(validate()), IdentityUnavailableError)
  assert.equal([keystone.logins, keystone.validations], [2, 2])
})

test("Keystone's 403 is a 503 whose log line names the missing role", async () => {
  keystone.validation = (_request, response) => answer(response, 403, {})
  const error = await failureOf(validate())
  assert.instance(error, IdentityUnavailableError)
  assert.match(String(error), 'role')
})

test('any other answer of Keystone is a 503', async () => {
  const answers: readonly [number, unknown][] = [
    [200, ''],
    [200, '<html>ok</html>'],
    [200, 'null'],
    [200, { token: {} }],
    [200, tokenBody({ expires_at: undefined })],
    [200, tokenBody({ roles: 'admin' })],
    [204, ''],
    [300, {}],
    [400, {}],
    [429, {}],
    [500, '<html>'],
    [502, {}],
    [503, {}],
  ]
  for (const [status, body] of answers) {
    keystone.validation = (_request, response) => answer(response, status, body)
    const error = await failureOf(validate())
    assert.instance(error, IdentityUnavailableError, `${status} ${JSON.stringify(body)}`)
  }
})

test('no answer from Keystone, or a cut connection, is a 503', async () => {
  keystone.validation = () => undefined
  assert.instance(await failureOf(validate(false, 500)), IdentityUnavailableError)
  keystone.validation = (request) => request.socket.destroy()
  assert.instance(await failureOf(validate()), IdentityUnavailableError)
})

test.run()
