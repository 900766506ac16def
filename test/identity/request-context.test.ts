import * as assert from 'uvu/assert'
import { createRequestContext, type Identity } from '../../src/identity/request-context.ts'
import { test } from '../support/suite.ts'

const identity: Identity = {
  userId: 'u1',
  userName: 'ann',
  userDomainId: 'default',
  projectId: 'p1',
  projectName: 'demo',
  projectDomainId: 'default',
  roles: new Set(['member']),
  isAdminProject: true,
  expiresAt: 1_800_000_000_000,
  service: undefined,
}

test('a request context has the identity and the ids of its request', () => {
  const context = createRequestContext(identity, 'req-1', 'req-2')
  assert.equal(context, { ...identity, requestId: 'req-1', globalRequestId: 'req-2' })
  assert.is(context.roles, identity.roles)
})

test('a request context without a global request id has undefined', () => {
  assert.is(createRequestContext(identity, 'req-1').globalRequestId, undefined)
})

test.run()
