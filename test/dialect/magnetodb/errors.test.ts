import { test } from 'uvu'
import * as assert from 'uvu/assert'
import { errorBody, V1_ERRORS } from '../../../src/dialect/magnetodb/errors.ts'
import { MagnetoDBError } from '../../../src/model/errors.ts'

test('an error is the envelope that MagnetoDB clients parse', () => {
  const error = new MagnetoDBError('table_not_found', "Table 'x' does not exist")
  assert.is(
    errorBody(error),
    '{"code":404,"title":"Not Found","explanation":"The resource could not be found.","error":' +
      `{"message":"Table 'x' does not exist","type":"TableNotExistsException","traceback":null}}`,
  )
})

test('every kind has its status and type', () => {
  const kinds = Object.entries(V1_ERRORS).map(([code, { status, type }]) => [code, status, type])
  assert.equal(kinds, [
    ['validation', 400, 'ValidationError'],
    ['invalid_update', 400, 'InvalidQueryParameter'],
    ['table_not_found', 404, 'TableNotExistsException'],
    ['table_exists', 400, 'TableAlreadyExistsException'],
    ['condition_failed', 400, 'ConditionalCheckFailedException'],
    ['forbidden', 403, 'Forbidden'],
    ['route_not_found', 404, 'NotFound'],
    ['method_not_allowed', 405, 'MethodNotAllowed'],
    ['body_too_large', 413, 'RequestEntityTooLarge'],
    ['unsupported_encoding', 415, 'UnsupportedMediaType'],
    ['unavailable', 503, 'ServiceUnavailable'],
    ['outcome_unknown', 500, 'BackendInteractionException'],
    ['internal', 500, 'InternalServerError'],
  ])
})

test('a message ends at its first line end', () => {
  const body = errorBody(new MagnetoDBError('validation', 'first\nsecond'))
  assert.is(JSON.parse(body).error.message, 'first')
})

test('of a defect nothing is told', () => {
  const body = errorBody(new MagnetoDBError('internal', 'secret'))
  assert.is(JSON.parse(body).error.message, 'message="An Internal Error Occurred"')
})

test.run()
