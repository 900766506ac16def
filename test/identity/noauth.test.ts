import * as assert from 'uvu/assert'
import type { Authenticator } from '../../src/identity/authenticator.ts'
import { NoauthAuthenticator } from '../../src/identity/noauth.ts'
import type { Identity } from '../../src/identity/request-context.ts'
import { MagnetoDBError } from '../../src/model/errors.ts'
import { test } from '../support/suite.ts'

const noauth = new NoauthAuthenticator()
const authenticator: Authenticator = noauth
const request = { method: 'GET', path: '/v1/data/demo/tables' }

function identityOf(token: string | undefined): Identity {
  const identity = authenticator.known(token, request)
  if (!identity) throw new Error('noauth has nobody to ask')
  return identity
}

function rolesOf(token: string): string[] {
  return [...identityOf(token).roles].sort()
}

test('noauth: USER:PROJECT is a member of the project', () => {
  const identity = identityOf('ann:demo')
  assert.is(identity.userId, 'ann')
  assert.is(identity.projectId, 'demo')
  assert.is(identity.expiresAt, Number.POSITIVE_INFINITY)
  assert.equal(rolesOf('ann:demo'), ['member', 'reader'])
})

test('noauth: roles in the token apply, with the roles that they imply', () => {
  assert.equal(rolesOf('ann:demo:reader'), ['reader'])
  assert.equal(rolesOf('ann:demo:Reader,auditor'), ['Reader', 'auditor'])
  assert.equal(rolesOf('ann:demo:Member'), ['Member', 'reader'])
  assert.equal(rolesOf('ann:demo:manager'), ['manager', 'member', 'reader'])
  assert.equal(rolesOf('ann:demo:admin'), ['admin', 'manager', 'member', 'reader'])
})

test('noauth: the user admin is an administrator', () => {
  assert.equal(rolesOf('admin:demo'), ['admin', 'manager', 'member', 'reader'])
  assert.equal(rolesOf('admin:demo:reader'), ['admin', 'manager', 'member', 'reader'])
  assert.not(identityOf('administrator:demo').roles.has('admin'))
})

test('noauth: an access key names the project of a member, also the key admin', () => {
  for (const accessKey of ['demo', 'admin']) {
    const { userId, projectId, roles } = noauth.byAccessKey(accessKey)
    assert.equal([userId, projectId], [accessKey, accessKey])
    assert.equal([...roles].sort(), ['member', 'reader'])
  }
})

test('noauth: any other token answers 401', () => {
  const long = 'x'.repeat(65)
  for (const token of [
    undefined,
    '',
    'ann',
    'ann:',
    ':demo',
    'ann:demo:',
    'ann:demo:a,,b',
    'ann:demo:member:more',
    'ann:demo, bob:other',
    'ann:de mo',
    'ann:demo\n',
    'ann:../demo',
    `${long}:demo`,
    `ann:${long}`,
    `ann:demo:${'r,'.repeat(16)}r`,
  ]) {
    assert.throws(
      () => identityOf(token),
      (error: unknown) => error instanceof MagnetoDBError && error.reason.is === 'not_user_project',
    )
  }
})

test('noauth: a 401 has no challenge', () => {
  assert.is(authenticator.wwwAuthenticate, undefined)
})

test.run()
