import * as assert from 'uvu/assert'
import {
  ForbiddenScopeError,
  IdentityUnavailableError,
  UnauthorizedError,
} from '../../src/identity/errors.ts'
import { MagnetoDBError } from '../../src/model/errors.ts'
import { test } from '../support/suite.ts'

test('every reason for having no identity is a MagnetoDBError of its own name', () => {
  const errors = [
    new UnauthorizedError(),
    new ForbiddenScopeError(),
    new IdentityUnavailableError('Keystone answered 500'),
  ]
  for (const error of errors) assert.instance(error, MagnetoDBError)
  const names = errors.map((error) => error.name)
  assert.equal(names, ['UnauthorizedError', 'ForbiddenScopeError', 'IdentityUnavailableError'])
})

test('an outage says when to come back', () => {
  assert.ok(new IdentityUnavailableError('refused').retryAfterSeconds > 0)
})

test.run()
