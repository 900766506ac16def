import * as assert from 'uvu/assert'
import {
  ForbiddenScopeError,
  IdentityUnavailableError,
  UnauthorizedError,
} from '../../src/identity/errors.ts'
import { MagnetoDBError } from '../../src/model/errors.ts'
import { test } from '../support/suite.ts'

test('each identity failure is a MagnetoDBError with its own code', () => {
  const errors = [
    new UnauthorizedError(),
    new ForbiddenScopeError(),
    new IdentityUnavailableError('Keystone answered 500'),
  ]
  for (const error of errors) assert.instance(error, MagnetoDBError)
  const names = errors.map((error) => error.name)
  assert.equal(names, ['UnauthorizedError', 'ForbiddenScopeError', 'IdentityUnavailableError'])
})

test('a Keystone outage has a Retry-After', () => {
  assert.ok(new IdentityUnavailableError('refused').retryAfterSeconds > 0)
})

test.run()
