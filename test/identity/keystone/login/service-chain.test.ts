import * as assert from 'uvu/assert'
import { ForbiddenScopeError, UnauthorizedError } from '../../../../src/identity/errors.ts'
import { KeystoneAuthenticator } from '../../../../src/identity/keystone/authenticator.ts'
import type { KeystoneOptions } from '../../../../src/identity/keystone/options.ts'
import type { Identity } from '../../../../src/identity/request-context.ts'
import { suite } from '../../../support/suite.ts'
import { answer, FakeKeystone, optionsFor, tokenBody } from '../fake-keystone.ts'
import { ManualClock } from '../manual-clock.ts'
import { RecordedLog } from '../recorded-log.ts'

/** Requests that a service forwards for a user, with the tokens of both. */

const test = suite('service chain')
const request = { method: 'GET', path: '/v1/data/p1/tables' }
let keystone: FakeKeystone
let clock: ManualClock
let log: RecordedLog
let authenticator: KeystoneAuthenticator
/** Keystone's answer for each token. Expired ones are shown only if the call asks for them. */
let tokens: Record<string, Readonly<Record<string, unknown>>>

const SERVICE = {
  user: { id: 's1', name: 'nova', domain: { id: 'default' } },
  project: { id: 'p9', name: 'service', domain: { id: 'default' } },
  roles: [{ id: 'r9', name: 'service' }],
}
const rules = { id: 'a', access_rules: [{ service: 'compute', method: 'POST', path: '/' }] }

function open(changes: Partial<KeystoneOptions> = {}): void {
  authenticator?.close()
  const options = optionsFor(keystone, changes)
  authenticator = new KeystoneAuthenticator({ options, log, clock })
}

test.before.each(async () => {
  keystone = await FakeKeystone.start()
  clock = new ManualClock()
  log = new RecordedLog()
  const expired = { expires_at: new Date(clock.wallMs() - 1).toISOString() }
  tokens = {
    user: {},
    service: SERVICE,
    'system-service': { ...SERVICE, project: undefined, system: { all: true } },
    expired,
    'expired-service': { ...SERVICE, ...expired },
    limited: { application_credential: rules },
    unscoped: { project: undefined, roles: undefined },
  }
  keystone.validation = (asked, response) => {
    const name = String(asked.headers['x-subject-token'])
    const body = tokens[name]
    const isHidden = name.startsWith('expired') && !asked.url?.includes('allow_expired=1')
    if (body === undefined || isHidden) answer(response, 404, {})
    else answer(response, 200, tokenBody(body))
  }
  open()
})

test.after.each(async () => {
  authenticator.close()
  await keystone.stop()
})

const outcomeOf = async (user: string | undefined, serviceToken?: string): Promise<unknown> => {
  try {
    return await authenticator.authenticate(user, { ...request, serviceToken })
  } catch (error) {
    return error
  }
}

const identityOf = async (user: string, serviceToken: string): Promise<Identity> =>
  authenticator.authenticate(user, { ...request, serviceToken })

test("with a service token the identity is the user's, with the service added", async () => {
  const alone = await authenticator.authenticate('user', request)
  const passedOn = await identityOf('user', 'service')
  const { service, ...user } = passedOn
  assert.equal(user, alone)
  assert.equal(service, { userId: 's1', projectId: 'p9', roles: new Set(['service']) })
  assert.is(alone.service, undefined, 'it is not kept with the user')
})

test("a service token's system scope does not extend the user's", async () => {
  const { service, ...user } = await identityOf('user', 'system-service')
  assert.equal(user, await authenticator.authenticate('user', request))
  assert.equal(service, { userId: 's1', projectId: undefined, roles: new Set(['service']) })
})

test('only with a service token an expired user token is accepted', async () => {
  assert.instance(await outcomeOf('expired'), UnauthorizedError)
  assert.is((await identityOf('expired', 'service')).userId, 'u1')
  const asked = keystone.validations
  assert.is((await identityOf('expired', 'service')).userId, 'u1')
  assert.is(keystone.validations, asked, 'it is remembered')
  assert.instance(await outcomeOf('expired'), UnauthorizedError, 'for services alone')
  clock.advance(10_000)
  assert.instance(await outcomeOf('expired'), UnauthorizedError)
  assert.instance(await outcomeOf('expired', 'user'), UnauthorizedError)
})

test('a cached token that expires is still accepted with a service token', async () => {
  tokens.user = { expires_at: new Date(clock.wallMs() + 1_000).toISOString() }
  assert.is((await identityOf('user', 'service')).userId, 'u1')
  clock.advance(1_000)
  assert.instance(await outcomeOf('user'), UnauthorizedError)
  assert.is((await identityOf('user', 'service')).userId, 'u1')
})

test('an expired service token is refused', async () => {
  assert.instance(await outcomeOf('user', 'expired-service'), UnauthorizedError)
})

test('with a service token, access rules for another service do not apply', async () => {
  assert.instance(await outcomeOf('limited'), UnauthorizedError)
  assert.not.instance(await outcomeOf('limited', 'service'), Error)
  assert.instance(await outcomeOf('limited', 'user'), UnauthorizedError)
})

test('an invalid user or service token is refused, whatever the other is', async () => {
  for (const service of ['user', 'garbage', 'limited', 'unscoped']) {
    assert.instance(await outcomeOf('user', service), UnauthorizedError, service)
  }
  for (const user of [undefined, '', 'garbage']) {
    assert.instance(await outcomeOf(user, 'service'), UnauthorizedError, user)
  }
  assert.instance(await outcomeOf('unscoped', 'service'), ForbiddenScopeError)
})

test('an empty service token counts as absent', async () => {
  assert.not.instance(await outcomeOf('user', ''), Error)
})

test("service_token_roles are compared in Keystone's spelling", async () => {
  open({ service_token_roles: ['service', 'MEMBER', 'member'] })
  assert.instance(await outcomeOf('user', 'user'), UnauthorizedError)
  open({ service_token_roles: ['glue', 'Member'] })
  assert.instance(await outcomeOf('user', 'service'), UnauthorizedError)
  assert.not.instance(await outcomeOf('user', 'user'), Error)
})

test('with service_token_roles_required off, a token without role adds nothing', async () => {
  open({ service_token_roles_required: false })
  assert.is((await identityOf('user', 'user')).service?.userId, 'u1')
  assert.instance(await outcomeOf('user', 'garbage'), UnauthorizedError)
  assert.instance(await outcomeOf('expired', 'user'), UnauthorizedError)
  assert.instance(await outcomeOf('limited', 'user'), UnauthorizedError)
})

test.run()
