import * as assert from 'uvu/assert'
import {
  ForbiddenScopeError,
  IdentityUnavailableError,
  UnauthorizedError,
} from '../../../src/identity/errors.ts'
import { KeystoneAuthenticator } from '../../../src/identity/keystone/authenticator.ts'
import type { KeystoneOptions } from '../../../src/identity/keystone/options.ts'
import { CountingProxy } from '../../identity/keystone/counting-proxy.ts'
import { ManualClock } from '../../identity/keystone/manual-clock.ts'
import { RecordedLog } from '../../identity/keystone/recorded-log.ts'
import { type KeystoneStack, keystoneFromEnv } from '../../stack/keystone-stack.ts'
import { suite } from '../../support/suite.ts'
import { SCOPES } from '../credentials.ts'
import { authenticatorOptions, byPassword } from './authenticator-options.ts'

const test = suite('keystone, live')
let keystone: KeystoneStack
let proxy: CountingProxy
let clock: ManualClock
let log: RecordedLog
let authenticator: KeystoneAuthenticator
let count = 0

const unique = (name: string) => `${name}-${process.pid}-${count++}`
const request = { method: 'GET', path: '/v1/data/p/tables' }

function open(changes: Partial<KeystoneOptions> = {}): void {
  authenticator?.close()
  const options = authenticatorOptions(keystone, {
    auth_url: proxy.url,
    endpoint_override: proxy.url,
    ...changes,
  })
  authenticator = new KeystoneAuthenticator({ options, log, clock })
}

async function outcomeOf(token: string | undefined, of = request): Promise<unknown> {
  try {
    return await authenticator.authenticate(token, of)
  } catch (error) {
    return error
  }
}

async function memberToken(): Promise<string> {
  return (await keystone.issueToken(keystone.data.projects.alpha.users.member)).id
}

test.before(() => {
  keystone = keystoneFromEnv()
})

test.before.each(async () => {
  proxy = await CountingProxy.start(keystone.url)
  clock = new ManualClock(Date.now())
  log = new RecordedLog()
  open()
})

test.after.each(async () => {
  authenticator.close()
  await proxy.stop()
})

test('a valid token has the identity that Keystone reports, and is cached', async () => {
  const { alpha } = keystone.data.projects
  const { id: token, body } = await keystone.issueToken(alpha.users.member)
  const identity = await authenticator.authenticate(token, request)
  assert.is(identity.projectId, alpha.id)
  assert.is(identity.projectName, 'alpha')
  assert.is(identity.projectDomainId, 'default')
  assert.is(identity.userId, alpha.users.member.userId)
  assert.is(identity.userName, alpha.users.member.username)
  assert.is(identity.userDomainId, 'default')
  assert.equal([...identity.roles].sort(), ['member', 'reader'])
  assert.is(identity.expiresAt, Date.parse(String(body.expires_at)))
  assert.is(authenticator.known(token, request), identity)
  assert.equal([proxy.logins, proxy.validations], [1, 1])
})

test('garbage, no token, and a token with one changed letter are refused', async () => {
  const token = await memberToken()
  const middle = token.at(100) === 'A' ? 'B' : 'A'
  const changed = `${token.slice(0, 100)}${middle}${token.slice(101)}`
  for (const bad of [undefined, 'garbage', 'g'.repeat(8_190), changed, `${token},${token}`]) {
    assert.instance(await outcomeOf(bad), UnauthorizedError)
  }
})

test('a revoked token is refused within token_cache_time', async () => {
  const fresh = await memberToken()
  await keystone.revokeToken(await keystone.adminToken(), fresh)
  assert.instance(await outcomeOf(fresh), UnauthorizedError)

  const known = await memberToken()
  await authenticator.authenticate(known, request)
  await keystone.revokeToken(await keystone.adminToken(), known)
  clock.advance(300_000)
  assert.instance(await outcomeOf(known), UnauthorizedError)
})

test('a cached token is refused after its expiry', async () => {
  const token = await memberToken()
  const { expiresAt } = await authenticator.authenticate(token, request)
  clock.jumpWall(expiresAt - clock.wallMs())
  assert.instance(await outcomeOf(token), UnauthorizedError)
})

test('unscoped, domain and system tokens are forbidden with the same text', async () => {
  const { admin } = keystone.data
  const token = await keystone.adminToken()
  const [role] = JSON.parse(
    JSON.stringify((await keystone.call('GET', '/roles?name=reader', { token })).body.roles),
  )
  const domainRole = `/domains/default/users/${admin.userId}/roles/${role.id}`
  await keystone.call('PUT', domainRole, { token })
  try {
    const texts = new Set<string>()
    for (const [kind, scope] of Object.entries(SCOPES)) {
      const { id } = await keystone.issueToken(admin, scope)
      const outcome = await outcomeOf(id)
      assert.instance(outcome, ForbiddenScopeError, kind)
      texts.add(String(outcome))
    }
    assert.is(texts.size, 1)
  } finally {
    await keystone.call('DELETE', domainRole, { token })
  }
})

test("a disabled project's token is refused, and valid 10 s after enabling", async () => {
  const project = await keystone.createProject(unique('switched'))
  const user = await keystone.createUser(unique('switched'), project, ['member'])
  const { id: token } = await keystone.issueToken(user)
  await keystone.setProjectEnabled(project, false)
  assert.instance(await outcomeOf(token), UnauthorizedError)
  await keystone.setProjectEnabled(project, true)
  clock.advance(9_999)
  assert.instance(await outcomeOf(token), UnauthorizedError)
  clock.advance(1)
  const identity = await authenticator.authenticate(token, request)
  assert.is(identity.projectId, project)
})

test('wrong service credentials are an outage (503), not a refusal', async () => {
  open({ ...byPassword(keystone.data.service), password: 'wrong' })
  await authenticator.open()
  assert.match(log.text, '401')
  assert.instance(await outcomeOf(await memberToken()), IdentityUnavailableError)
  assert.is(proxy.validations, 0)
})

test('a service user without the role is an outage whose log names the role', async () => {
  open(byPassword(keystone.data.projects.beta.users.member))
  assert.instance(await outcomeOf(await memberToken()), IdentityUnavailableError)
  assert.match(log.text, 'role')
})

test('the service may log in with an application credential', async () => {
  const { service } = keystone.data
  const credential = await keystone.createApplicationCredential(service, unique('service'))
  open({
    auth_type: 'v3applicationcredential',
    application_credential_id: credential.id,
    application_credential_secret: credential.secret,
  })
  assert.not.instance(await outcomeOf(await memberToken()), Error)
})

test("without endpoint_override the catalog's endpoint is used", async () => {
  open({ endpoint_override: undefined, interface: 'public', region_name: keystone.data.region })
  assert.not.instance(await outcomeOf(await memberToken()), Error)
  assert.equal([proxy.logins, proxy.validations], [1, 0], "the catalog has Keystone's own address")
})

test("an application credential's token may do what its access rules allow", async () => {
  const { member } = keystone.data.projects.alpha.users
  const rules = [
    { service: 'kv-storage', method: 'GET', path: '/v1/data/*/tables' },
    { service: 'kv-storage', method: 'POST', path: '/v1/data/{project}/tables/**' },
    { service: 'compute', method: 'DELETE', path: '/**' },
  ]
  const credential = await keystone.createApplicationCredential(member, unique('rules'), {
    access_rules: rules,
  })
  const { id: token } = await keystone.issueApplicationCredentialToken(credential)
  const tables = '/v1/data/p/tables'
  assert.not.instance(await outcomeOf(token, { method: 'GET', path: tables }), Error)
  const query = { method: 'POST', path: `${tables}/t/query` }
  assert.not.instance(await outcomeOf(token, query), Error)
  for (const other of [
    { method: 'POST', path: tables },
    { method: 'GET', path: `${tables}/t` },
    { method: 'DELETE', path: `${tables}/t` },
    { method: 'GET', path: '/' },
  ]) {
    assert.instance(await outcomeOf(token, other), UnauthorizedError, JSON.stringify(other))
  }
  assert.is(proxy.validations, 1)

  const free = await keystone.createApplicationCredential(member, unique('no-rules'))
  const { id: freeToken } = await keystone.issueApplicationCredentialToken(free)
  assert.not.instance(await outcomeOf(freeToken, { method: 'DELETE', path: '/' }), Error)
})

test('Keystone down: cached tokens work, new ones get 503, then it recovers', async () => {
  const known = await memberToken()
  const unknown = await memberToken()
  await authenticator.authenticate(known, request)
  await proxy.stop()
  assert.instance(await outcomeOf(unknown), IdentityUnavailableError)
  assert.ok(authenticator.known(known, request))

  await proxy.listen()
  assert.not.instance(await outcomeOf(unknown), Error)
  assert.equal(
    log.lines.map((line) => line.message),
    ['logged in to Keystone', 'Keystone cannot validate tokens', 'Keystone validates tokens again'],
  )
})

test('Keystone silent: new tokens get 503', async () => {
  open({ http_connect_timeout: 5 })
  const [known, ...unknown] = await Promise.all(Array.from({ length: 5 }, memberToken))
  await authenticator.authenticate(known, request)
  proxy.isSilent = true
  const outcomes = await Promise.all(unknown.map((token) => outcomeOf(token)))
  for (const outcome of outcomes) assert.instance(outcome, IdentityUnavailableError)
  assert.ok(authenticator.known(known, request))
  proxy.isSilent = false
  assert.not.instance(await outcomeOf(unknown[0]), Error)
})

test('a service that starts before Keystone serves once Keystone is up', async () => {
  const token = await memberToken()
  await proxy.stop()
  await authenticator.open()
  assert.instance(await outcomeOf(token), IdentityUnavailableError)
  await proxy.listen()
  clock.advance(500)
  assert.not.instance(await outcomeOf(token), Error)
})

test("the service's token is renewed before it expires, without delay", async () => {
  const tokens = await Promise.all(Array.from({ length: 3 }, memberToken))
  await authenticator.authenticate(tokens[0], request)
  clock.advance(3_600_000 * 0.81)
  clock.jumpWall(-3_600_000 * 0.81)
  await authenticator.authenticate(tokens[1], request)
  while (log.lines.length < 2) await new Promise(setImmediate)
  await authenticator.authenticate(tokens[2], request)
  assert.equal([proxy.logins, proxy.validations], [2, 3])
})

// The service's token is altered, not revoked: Keystone would still accept a revoked one that it
// has
// just seen.
test('a service token that Keystone refuses is replaced within the request', async () => {
  const [first, second] = await Promise.all([memberToken(), memberToken()])
  await authenticator.authenticate(first, request)
  proxy.spoiledToken = proxy.callerToken
  clock.advance(1_000)
  assert.not.instance(await outcomeOf(second), Error)
  assert.equal([proxy.logins, proxy.validations], [2, 3])
})

test('100 requests with one new token make one call to a real Keystone', async () => {
  const token = await memberToken()
  const outcomes = await Promise.all(Array.from({ length: 100 }, () => outcomeOf(token)))
  assert.is(new Set(outcomes).size, 1)
  assert.not.instance(outcomes[0], Error)
  assert.equal([proxy.logins, proxy.validations], [1, 1])
})

test('a burst of new tokens is served with at most 32 calls in flight', async () => {
  const tokens: string[] = []
  for (let batch = 0; batch < 8; batch++) {
    tokens.push(...(await Promise.all(Array.from({ length: 8 }, memberToken))))
  }
  await authenticator.open()
  const outcomes = await Promise.all(tokens.map((token) => outcomeOf(token)))
  for (const outcome of outcomes) assert.not.instance(outcome, Error)
  assert.ok(proxy.inFlightMax <= 32, String(proxy.inFlightMax))
  assert.is(proxy.validations, new Set(tokens).size)
})

test.run()
