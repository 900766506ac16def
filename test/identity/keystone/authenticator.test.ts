import type { ServerResponse } from 'node:http'
import * as assert from 'uvu/assert'
import type { AuthenticatedRequest } from '../../../src/identity/authenticator.ts'
import {
  ForbiddenScopeError,
  IdentityUnavailableError,
  UnauthorizedError,
} from '../../../src/identity/errors.ts'
import { KeystoneAuthenticator } from '../../../src/identity/keystone/authenticator.ts'
import type { KeystoneOptions } from '../../../src/identity/keystone/options.ts'
import { suite } from '../../support/suite.ts'
import { answer, FakeKeystone, optionsFor, type Script, tokenBody } from './fake-keystone.ts'
import { ManualClock } from './manual-clock.ts'
import { RecordedLog } from './recorded-log.ts'

const test = suite('keystone authenticator')
const request = { method: 'GET', path: '/v1/data/p1/tables' }
const notFound: Script = (_request, response) => answer(response, 404, {})
let keystone: FakeKeystone
let clock: ManualClock
let log: RecordedLog
let authenticator: KeystoneAuthenticator

function open(changes: Partial<KeystoneOptions> = {}): void {
  authenticator?.close()
  const options = optionsFor(keystone, changes)
  authenticator = new KeystoneAuthenticator({ options, log, clock })
}

test.before.each(async () => {
  keystone = await FakeKeystone.start()
  clock = new ManualClock()
  log = new RecordedLog()
  open()
})

test.after.each(async () => {
  authenticator.close()
  await keystone.stop()
})

/** Options for calls held back so long that a slow machine might exceed the usual time limit. */
const PATIENT = { http_connect_timeout: 60 }

/** A request from one of two addresses, each of which may use half of the calls. */
const from = (n: number) => ({ ...request, address: `10.0.0.${n % 2}` })

/** Turns an error into an outcome, even if it is thrown synchronously. */
const outcomeOf = async (
  token: string | undefined,
  of: AuthenticatedRequest = request,
): Promise<unknown> => {
  try {
    return await authenticator.authenticate(token, of)
  } catch (error) {
    return error
  }
}

test('a cached token is answered without waiting, with the same identity', async () => {
  const first = await authenticator.authenticate('good', request)
  assert.is(authenticator.known('good', request), first)
  assert.is(authenticator.known(' good\t', request), first, 'white space around it')
  assert.is(first.projectId, 'p1')
  assert.is(keystone.validations, 1)
})

test("the authenticator's health is whether Keystone answers", async () => {
  await authenticator.probe()
  await keystone.stop()
  const error = await authenticator.probe().catch((reason: unknown) => reason)
  assert.instance(error, Error)
})

test('text that cannot be a token is refused without a call to Keystone', async () => {
  const impossible = [undefined, '', ' ', 'a, b', 'é', 'a\u0000b', 'a\nb', 'x'.repeat(8_191)]
  for (const token of impossible) {
    assert.throws(
      () => authenticator.known(token, request),
      (error: unknown) => error instanceof UnauthorizedError,
    )
  }
  assert.is(keystone.calls.length, 0)
  await authenticator.authenticate('x'.repeat(8_190), request)
  assert.is(keystone.validations, 1)
})

test('100 requests with one new token make one call to Keystone', async () => {
  const all = await Promise.all(Array.from({ length: 100 }, () => outcomeOf('good')))
  assert.is(new Set(all).size, 1)
  assert.equal([keystone.logins, keystone.validations], [1, 1])
})

test('an invalid token is cached for ten seconds', async () => {
  keystone.validation = notFound
  assert.instance(await outcomeOf('bad'), UnauthorizedError)
  assert.throws(() => authenticator.known('bad', request))
  assert.is(keystone.validations, 1)
  keystone.validation = (_request, response) => answer(response, 200, tokenBody())
  clock.advance(10_000)
  const identity = await authenticator.authenticate('bad', request)
  assert.is(identity.userId, 'u1')
})

test('forged tokens cannot push valid ones out', async () => {
  await authenticator.authenticate('good', request)
  keystone.validation = notFound
  for (let batch = 0; batch < 110; batch++) {
    await Promise.all(Array.from({ length: 100 }, (_, n) => outcomeOf(`forged-${batch}-${n}`)))
  }
  assert.ok(authenticator.known('good', request))
})

test('a valid token is validated again after token_cache_time', async () => {
  await authenticator.authenticate('good', request)
  clock.advance(299_999)
  assert.ok(authenticator.known('good', request))
  clock.advance(1)
  keystone.validation = notFound
  assert.instance(await outcomeOf('good'), UnauthorizedError)
})

test('a cached token is refused once it expires', async () => {
  const expiresAt = new Date(clock.wallMs() + 5_000).toISOString()
  keystone.validation = (_request, response) => {
    answer(response, 200, tokenBody({ expires_at: expiresAt }))
  }
  await authenticator.authenticate('good', request)
  clock.advance(4_999)
  assert.ok(authenticator.known('good', request))
  clock.advance(1)
  assert.instance(await outcomeOf('good'), UnauthorizedError)
})

test('with token_cache_time -1 every request asks Keystone', async () => {
  open({ token_cache_time: -1 })
  for (let n = 0; n < 3; n++) await authenticator.authenticate('good', request)
  assert.is(keystone.validations, 3)
})

test('unscoped, domain and system tokens get the same refusal, cached', async () => {
  const scopes = [
    { project: undefined, roles: undefined },
    { project: undefined, domain: { id: 'default' } },
    { project: undefined, system: { all: true } },
  ]
  const messages = new Set<string>()
  for (const [index, scope] of scopes.entries()) {
    keystone.validation = (_request, response) => answer(response, 200, tokenBody(scope))
    for (let n = 0; n < 2; n++) {
      const error = await outcomeOf(`scope-${index}`)
      assert.instance(error, ForbiddenScopeError)
      messages.add(String(error))
    }
  }
  assert.is(messages.size, 1)
  assert.is(keystone.validations, scopes.length)
})

test("an application credential's access rules apply to each request", async () => {
  const rule = { service: 'kv-storage', method: 'GET', path: '/v1/data/*/tables' }
  const application_credential = { id: 'a', access_rules: [rule] }
  keystone.validation = (_request, response) => {
    answer(response, 200, tokenBody({ application_credential }))
  }
  for (let n = 0; n < 2; n++) {
    assert.not.instance(await outcomeOf('robot'), Error)
    assert.instance(await outcomeOf('robot', { ...request, method: 'POST' }), UnauthorizedError)
    assert.instance(await outcomeOf('robot', { ...request, path: '/v1' }), UnauthorizedError)
  }
  const streaming = { ...request, serviceType: 'kv-streaming' }
  assert.instance(await outcomeOf('robot', streaming), UnauthorizedError)
  assert.is(keystone.validations, 1)
  rule.service = 'kv-streaming'
  assert.not.instance(await outcomeOf('loader', streaming), Error)
  assert.instance(await outcomeOf('loader'), UnauthorizedError)
  open({ service_type: 'key-value' })
  assert.instance(await outcomeOf('robot'), UnauthorizedError)
  assert.not.instance(await outcomeOf('robot', streaming), Error, 'the option is for data routes')
})

test('32 calls to Keystone run, 256 wait, further requests are refused', async () => {
  const unanswered: ServerResponse[] = []
  let isAnswering = false
  keystone.validation = (_request, response) => {
    if (isAnswering) answer(response, 200, tokenBody())
    else unanswered.push(response)
  }
  open(PATIENT)
  await authenticator.open()
  const outcomes = Array.from({ length: 400 }, (_, n) => outcomeOf(`token-${n}`, from(n)))
  while (unanswered.length < 32) await new Promise(setImmediate)
  assert.instance(await outcomes[399], IdentityUnavailableError)
  isAnswering = true
  for (const response of unanswered) answer(response, 200, tokenBody())
  const failed = (await Promise.all(outcomes)).filter((outcome) => outcome instanceof Error)
  assert.is(failed.length, 400 - 32 - 256)
  assert.is(keystone.inFlightMax, 32)
})

test('refusals for too many waiting calls are not logged as an outage', async () => {
  open(PATIENT)
  await authenticator.open()
  const healthy = keystone.validation
  const held: (() => void)[] = []
  keystone.validation = (incoming, response) => held.push(() => healthy(incoming, response))
  const outcomes = Array.from({ length: 400 }, (_, n) => outcomeOf(`new-${n}`, from(n)))
  assert.instance(await Promise.any(outcomes), IdentityUnavailableError)
  keystone.validation = healthy
  for (const answerNow of held) answerNow()
  await Promise.all(outcomes)
  assert.not(log.lines.some(({ level }) => level !== 'info'))
})

test('each client behind a trusted proxy has its own share', async () => {
  const unanswered: ServerResponse[] = []
  keystone.validation = (_request, response) => unanswered.push(response)
  open({ trusted_proxies: ['10.0.0.1/32'] })
  await authenticator.open()
  const of = (n: number) => ({ ...request, address: '10.0.0.1', forwardedFor: `x, 1.2.3.${n % 2}` })
  const outcomes = Array.from({ length: 32 }, (_, n) => outcomeOf(`token-${n}`, of(n)))
  while (unanswered.length < 32) await new Promise(setImmediate)
  for (const response of unanswered) answer(response, 200, tokenBody())
  for (const outcome of await Promise.all(outcomes)) assert.not.instance(outcome, Error)
})

/** The number of concurrent calls for new tokens, and the number of tokens that wait for a call. */
async function boundsOf(count: number, of: (n: number) => AuthenticatedRequest) {
  let unanswered: ServerResponse[] | undefined = []
  keystone.validation = (_request, response) => {
    if (unanswered === undefined) answer(response, 200, tokenBody())
    else unanswered.push(response)
  }
  const batch = keystone.validations
  const outcomes = Array.from({ length: count }, (_, n) => outcomeOf(`${batch}-${n}`, of(n)))
  while (unanswered.length === 0) await new Promise(setImmediate)
  // After these requests, all earlier calls must have arrived.
  for (let time = 0; time < 5; time++) {
    await (await fetch(`${keystone.url}/auth/tokens`, { method: 'POST' })).text()
  }
  const held = unanswered
  unanswered = undefined
  for (const response of held) answer(response, 200, tokenBody())
  const failed = (await Promise.all(outcomes)).filter((outcome) => outcome instanceof Error)
  return { asked: held.length, waiting: count - held.length - failed.length }
}

test('processes of one machine share the running and waiting calls', async () => {
  const shares = [
    [2, 16, 128],
    [5, 6, 51],
    [64, 2, 16],
  ] as const
  for (const [processes, asked, waiting] of shares) {
    open({ workers: processes, http_connect_timeout: 60 })
    await authenticator.open()
    assert.equal(await boundsOf(200, from), { asked, waiting })
  }
})

test('an address with many invalid tokens has an eighth of the calls', async () => {
  open({ http_connect_timeout: 60 })
  await authenticator.open()
  const forger = { ...request, address: '10.6.6.6' }
  keystone.validation = notFound
  for (let n = 0; n < 49; n++) await outcomeOf(`forged-${n}`, forger)
  assert.equal(await boundsOf(100, () => forger), { asked: 16, waiting: 84 }, 'a few mistakes')
  keystone.validation = notFound
  await outcomeOf('forged', forger)
  assert.equal(await boundsOf(100, () => forger), { asked: 4, waiting: 32 })
  clock.advance(1_000)
  assert.equal(await boundsOf(100, () => forger), { asked: 16, waiting: 84 }, 'it has stopped')
})

test('a token is not cached as invalid after an outage', async () => {
  const healthy = keystone.validation
  keystone.validation = (_request, response) => answer(response, 500, '<html>')
  assert.instance(await outcomeOf('good'), IdentityUnavailableError)
  keystone.validation = healthy
  assert.not.instance(await outcomeOf('good'), Error)
})

test('with Keystone silent, cached tokens work and new ones fail after 2 s', async () => {
  await authenticator.authenticate('good', request)
  keystone.validation = () => undefined
  const start = performance.now()
  const outcomes = await Promise.all(
    Array.from({ length: 100 }, (_, n) => outcomeOf(`new-${n}`, from(n))),
  )
  assert.ok(performance.now() - start > 1_900)
  for (const outcome of outcomes) assert.instance(outcome, IdentityUnavailableError)
  assert.ok(authenticator.known('good', request))
})

test('opening succeeds whatever Keystone does', async () => {
  keystone.login = (_request, response) => answer(response, 401, {})
  await authenticator.open()
  assert.equal(
    log.lines.map((line) => line.level),
    ['error', 'warn'],
  )
  assert.instance(await outcomeOf('good'), IdentityUnavailableError)
})

test('the challenge names www_authenticate_uri, or else auth_url', () => {
  assert.is(authenticator.wwwAuthenticate, `Keystone uri="${keystone.url}"`)
  open({ www_authenticate_uri: 'https://cloud.example.org/identity' })
  const challenge = 'Keystone uri="https://cloud.example.org/identity"'
  assert.is(authenticator.wwwAuthenticate, challenge)
})

test('no token is logged', async () => {
  await authenticator.authenticate('user-token-1', request)
  keystone.validation = (_request, response) => answer(response, 500, 'user-token-2')
  await outcomeOf('user-token-2')
  keystone.validation = notFound
  await outcomeOf('user-token-3')
  assert.ok(log.lines.length > 0)
  assert.not.match(log.text, /user-token|service-1|service-secret/)
})

test.run()
