import * as assert from 'uvu/assert'
import { validationError } from '../../../src/dialect/invalid-request.ts'
import { encodeError, V1_ERRORS } from '../../../src/dialect/magnetodb/errors.ts'
import { MagnetoDBError } from '../../../src/model/errors.ts'
import { test } from '../../support/suite.ts'

test('an error has the envelope that MagnetoDB clients parse', () => {
  const error = new MagnetoDBError({ is: 'table_not_found', table: 'x' })
  assert.is(
    encodeError(error).body,
    '{"code":404,"title":"Not Found","explanation":"The resource could not be found.","error":' +
      `{"message":"Table 'x' does not exist","type":"TableNotExistsException","traceback":null}}`,
  )
})

test('every error code has its status and type', () => {
  const kinds = Object.entries(V1_ERRORS).map(([code, { status, type }]) => [code, status, type])
  assert.equal(kinds, [
    ['validation', 400, 'ValidationError'],
    ['invalid_update', 400, 'InvalidQueryParameter'],
    ['table_not_found', 404, 'TableNotExistsException'],
    ['table_exists', 400, 'TableAlreadyExistsException'],
    ['table_protected', 400, 'TableProtectedException'],
    ['condition_failed', 400, 'ConditionalCheckFailedException'],
    ['quota_exceeded', 403, 'QuotaExceeded'],
    ['rate_exceeded', 429, 'TooManyRequests'],
    ['unauthenticated', 401, 'Unauthorized'],
    ['forbidden', 403, 'Forbidden'],
    ['route_not_found', 404, 'NotFound'],
    ['method_not_allowed', 405, 'MethodNotAllowed'],
    ['request_lost', 408, 'RequestTimeout'],
    ['body_too_large', 413, 'RequestEntityTooLarge'],
    ['unsupported_encoding', 415, 'UnsupportedMediaType'],
    ['unavailable', 503, 'ServiceUnavailable'],
    ['outcome_unknown', 500, 'BackendInteractionException'],
    ['internal', 500, 'InternalServerError'],
  ])
})

test('an error message ends at its first line end', () => {
  const { body } = encodeError(validationError('first\nsecond'))
  assert.is(JSON.parse(`${body}`).error.message, 'first')
})

test('401, and 408 for a slow body, are answered in plain text', () => {
  const contentType = 'text/plain; charset=UTF-8'
  assert.equal(encodeError(new MagnetoDBError({ is: 'unauthenticated' })), {
    ...{ status: 401, contentType, body: 'Authentication required' },
  })
  assert.equal(encodeError(new MagnetoDBError({ is: 'body_too_slow' })), {
    ...{ status: 408, contentType, body: 'The request body is too slow' },
  })
})

test('a 500 shows no details', () => {
  const { body } = encodeError(new MagnetoDBError({ is: 'internal' }, { cause: 'secret' }))
  assert.is(JSON.parse(`${body}`).error.message, 'message="An Internal Error Occurred"')
})

test.run()
