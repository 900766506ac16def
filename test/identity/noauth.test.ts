import { test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Authenticator } from '../../src/identity/authenticator.ts'
import { NoauthAuthenticator } from '../../src/identity/noauth.ts'
import type { Identity } from '../../src/identity/request-context.ts'
import { MagnetoDBError } from '../../src/model/errors.ts'

const authenticator: Authenticator = new NoauthAuthenticator()
const request = { method: 'GET', path: '/v1/data/demo/tables' }

function identityOf(token: string | undefined): Identity {
  const identity = authenticator.known(token, request)
  if (!identity) throw new Error('noauth has nobody to ask')
  return identity
}

function rolesOf(token: string): string[] {
  return [...identityOf(token).roles].sort()
}

test('user and project are believed, and the role is member', () => {
  const identity = identityOf('ann:demo')
  assert.is(identity.userId, 'ann')
  assert.is(identity.projectId, 'demo')
  assert.is(identity.expiresAt, Number.POSITIVE_INFINITY)
  assert.equal(rolesOf('ann:demo'), ['member', 'reader'])
})

test('roles are taken as given, with those they imply', () => {
  assert.equal(rolesOf('ann:demo:reader'), ['reader'])
  assert.equal(rolesOf('ann:demo:Reader,auditor'), ['Reader', 'auditor'])
  assert.equal(rolesOf('ann:demo:Member'), ['Member', 'reader'])
  assert.equal(rolesOf('ann:demo:manager'), ['manager', 'member', 'reader'])
  assert.equal(rolesOf('ann:demo:admin'), ['admin', 'manager', 'member', 'reader'])
})

test('the user admin is an administrator', () => {
  assert.equal(rolesOf('admin:demo'), ['admin', 'manager', 'member', 'reader'])
  assert.equal(rolesOf('admin:demo:reader'), ['admin', 'manager', 'member', 'reader'])
  assert.not(identityOf('administrator:demo').roles.has('admin'))
})

test('anything else is no credential', () => {
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

test('there is no challenge to answer', () => {
  assert.is(authenticator.wwwAuthenticate, undefined)
})

test.run()
