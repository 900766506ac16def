import { errors, types } from 'cassandra-driver'
import * as assert from 'uvu/assert'
import { commitFailureOf } from '../../../src/storage/cassandra/errors.ts'
import { StorageUnavailableError } from '../../../src/storage/driver.ts'
import { suite } from '../../support/suite.ts'

const test = suite('cassandra errors')

const SERIAL = types.consistencies.serial
const { responseErrorCodes: codes } = types

/** The outcome of a commit: not applied, or unknown and possibly still to come from a node. */
function outcomeOf(error: Error): string {
  try {
    const result = commitFailureOf(error, SERIAL)
    if (result.outcome !== 'unknown') return result.outcome
    return result.underWay ? 'under way' : 'over'
  } catch (thrown) {
    assert.instance(thrown, StorageUnavailableError)
    return 'nothing done'
  }
}

function answer(code: number, parts: object = {}, message = ''): Error {
  return Object.assign(new errors.ResponseError(code, message), parts)
}

const CASES: readonly (readonly [string, Error, string])[] = [
  ['a node gave up', answer(codes.writeTimeout), 'over'],
  ['a replica failed', answer(codes.writeFailure), 'over'],
  ['a node failed', answer(codes.serverError), 'over'],
  ['too many hints', answer(codes.overloaded, {}, 'Too many in flight hints'), 'over'],
  ['an overloaded node', answer(codes.overloaded), 'nothing done'],
  ['an invalid request', answer(codes.invalid), 'nothing done'],
  ['no quorum', answer(codes.unavailableException, { consistencies: SERIAL }), 'nothing done'],
  [
    'no quorum for the last step',
    answer(codes.unavailableException, { consistencies: types.consistencies.quorum }),
    'over',
  ],
  ['no answer in time', new errors.OperationTimedOutError('no answer'), 'under way'],
  ['a broken connection', new Error('the socket was closed'), 'under way'],
  ['no connection', new errors.NoHostAvailableError({}), 'nothing done'],
]
for (const [what, error, outcome] of CASES) {
  test(`${what}: ${outcome}`, () => {
    assert.is(outcomeOf(error), outcome)
  })
}

test.run()
