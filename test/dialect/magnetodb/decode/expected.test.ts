import * as assert from 'uvu/assert'
import { decodeExpected } from '../../../../src/dialect/magnetodb/decode/expected.ts'
import { comparison } from '../../../../src/expression/condition.ts'
import { CONDITIONS_MAX } from '../../../../src/model/limits.ts'
import { finished } from '../../../../src/model/steps.ts'
import { absent, exists } from '../../../expression/short-expressions.ts'
import { test } from '../../../support/suite.ts'
import { MISSING, refuses } from '../requests.ts'

test('expected: one condition is decoded alone, several as a conjunction', () => {
  assert.is(finished(decodeExpected({})), undefined)
  assert.equal(finished(decodeExpected({ a: { exists: true } })), exists('a'))
  assert.equal(
    finished(decodeExpected({ a: { exists: false }, b: { value: { SS: ['y', 'x'] } } })),
    {
      op: 'and',
      conditions: [absent('a'), comparison('b', 'eq', { type: 'SS', value: ['x', 'y'] })],
    },
  )
})

const REFUSED: readonly (readonly [expected: unknown, message: string])[] = [
  [{ '': { exists: true } }, "Wrong attribute name '' found"],
  [{ a: null }, MISSING('a')],
  [{ a: true }, "Wrong 'a' type. Object is expected, but true found"],
  [{ a: {} }, "Can't recognize attribute expected condition format: '{}'"],
  [
    { a: { exists: true, value: { S: 'x' } } },
    `Can't recognize attribute expected condition format: '{"exists": true, "value": {"S": "x"}}'`,
  ],
  [{ a: { exist: true } }, 'Unsupported condition type found: exist'],
  [{ a: { constructor: true } }, 'Unsupported condition type found: constructor'],
  [{ a: { exists: 'true' } }, `Wrong 'exists' type. Boolean is expected, but "true" found`],
  [{ a: { exists: null } }, MISSING('exists')],
  [{ a: { value: 'x' } }, `Wrong 'value' type. Object is expected, but "x" found`],
  [{ a: { value: null } }, MISSING('value')],
  [{ a: { value: {} } }, "Can't recognize attribute typed value format: '{}'"],
]

test('expected: an invalid condition is refused with its reason', () => {
  for (const [expected, message] of REFUSED)
    refuses(() => finished(decodeExpected(expected)), message)
})

test('expected: more than 300 conditions are refused', () => {
  const expected = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`a${i}`, { exists: true }]))
  finished(decodeExpected(expected(CONDITIONS_MAX)))
  refuses(
    () => finished(decodeExpected(expected(CONDITIONS_MAX + 1))),
    `'expected' holds more than ${CONDITIONS_MAX} conditions`,
  )
})

test.run()
