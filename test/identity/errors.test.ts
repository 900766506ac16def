import { test } from 'uvu'
import * as assert from 'uvu/assert'
import {
  AuthenticationError,
  ForbiddenScopeError,
  IdentityUnavailableError,
  UnauthorizedError,
} from '../../src/identity/errors.ts'

test('every reason for having no identity is an AuthenticationError of its own name', () => {
  const errors = [
    new UnauthorizedError(),
    new ForbiddenScopeError(),
    new IdentityUnavailableError('Keystone answered 500'),
  ]
  for (const error of errors) assert.instance(error, AuthenticationError)
  const names = errors.map((error) => error.name)
  assert.equal(names, ['UnauthorizedError', 'ForbiddenScopeError', 'IdentityUnavailableError'])
})

test('an outage says when to come back', () => {
  assert.ok(new IdentityUnavailableError('refused').retryAfterSeconds > 0)
})

test.run()
