import * as assert from 'uvu/assert'
import { decodeScanFilter } from '../../../../src/dialect/magnetodb/decode/scan-filter.ts'
import { comparison } from '../../../../src/expression/condition.ts'
import { pathOf } from '../../../../src/expression/path.ts'
import { CONDITIONS_MAX, IN_OPERANDS_MAX } from '../../../../src/model/limits.ts'
import { finished } from '../../../../src/model/steps.ts'
import { absent, between, exists, isIn } from '../../../expression/short-expressions.ts'
import { test } from '../../../support/suite.ts'
import { refuses } from '../requests.ts'

const VALUE = { type: 'S', value: 'x' } as const

function decode(comparison_operator: string, ...attribute_value_list: unknown[]) {
  return finished(decodeScanFilter({ a: { comparison_operator, attribute_value_list } }))
}

test('scan_filter: every operator of one operand is decoded', () => {
  const operators = ['eq', 'lt', 'le', 'gt', 'ge', 'begins_with', 'contains'] as const
  for (const operator of operators) {
    const lowered = comparison('a', operator, VALUE)
    assert.equal(decode(operator.toUpperCase(), { S: 'x' }), lowered)
  }
})

test('scan_filter: NE does not match an absent attribute', () => {
  assert.equal(decode('NE', { S: 'x' }), {
    op: 'and',
    conditions: [exists('a'), comparison('a', 'ne', VALUE)],
  })
})

test('NOT_CONTAINS matches where the attribute could contain such an operand', () => {
  const not = { op: 'not', condition: comparison('a', 'contains', VALUE) }
  const types = ['S', 'SS', 'L', 'SSM', 'SNM', 'SBM']
  const ofType = { op: 'attribute_type', path: pathOf('a'), types }
  assert.equal(decode('NOT_CONTAINS', { S: 'x' }), { op: 'and', conditions: [ofType, not] })
})

test('scan_filter: every other operator is decoded', () => {
  assert.equal(decode('NULL'), absent('a'))
  assert.equal(decode('NOT_NULL'), exists('a'))
  assert.equal(finished(decodeScanFilter({ a: { comparison_operator: 'NULL' } })), decode('NULL'))
  assert.equal(decode('IN', { S: 'x' }, { S: 'x' }), isIn('a', VALUE, VALUE))
  assert.equal(decode('BETWEEN', { S: 'x' }, { S: 'x' }), between('a', VALUE, VALUE))
})

test('scan_filter: EQ and NE compare values of every type', () => {
  const set = { type: 'SS', value: ['x'] } as const
  assert.equal(decode('EQ', { SS: ['x', 'x'] }), comparison('a', 'eq', set))
  assert.is(decode('NE', { M: {} })?.op, 'and')
})

test('scan_filter: several conditions are a conjunction', () => {
  const nothing = { comparison_operator: 'NULL' }
  assert.is(finished(decodeScanFilter({})), undefined)
  assert.equal(finished(decodeScanFilter({ a: nothing, constructor: nothing })), {
    op: 'and',
    conditions: [absent('a'), absent('constructor')],
  })
})

const S = { S: 'x' }
const REFUSED: readonly (readonly [message: string, operator: string, ...operands: unknown[]])[] = [
  ["ScanCondition of type['X'] is not allowed", 'X', S],
  ["ScanCondition of type['NULL'] requires exactly 0 arguments, but 1 found", 'NULL', S],
  ["ScanCondition of type['NE'] requires exactly 1 arguments, but 2 found", 'NE', S, S],
  ["ScanCondition of type['CONTAINS'] allows only primitive arguments", 'CONTAINS', { SS: [] }],
  ["ScanCondition of type['IN'] allows only primitive arguments", 'IN', S, { L: [] }],
  ["ScanCondition of type['LT'] allows only primitive arguments", 'LT', { BOOL: true }],
  ["ScanCondition of type['IN'] requires from 1 to 100 arguments provided, but 0 found", 'IN'],
  [
    "ScanCondition of type['IN'] requires from 1 to 100 arguments provided, but 101 found",
    'IN',
    ...new Array(IN_OPERANDS_MAX + 1).fill(S),
  ],
]

test('scan_filter: an invalid condition is refused with its reason', () => {
  for (const [message, operator, ...operands] of REFUSED) {
    refuses(() => decode(operator, ...operands), message)
  }
  refuses(
    () => finished(decodeScanFilter(5)),
    "Wrong 'scan_filter' type. Object is expected, but 5 found",
  )
})

test('scan_filter: more than 300 conditions are refused', () => {
  const filter = Object.fromEntries(
    Array.from({ length: CONDITIONS_MAX + 1 }, (_, i) => [
      `a${i}`,
      { comparison_operator: 'NULL' },
    ]),
  )
  refuses(
    () => finished(decodeScanFilter(filter)),
    `'scan_filter' holds more than ${CONDITIONS_MAX} conditions`,
  )
})

test.run()
