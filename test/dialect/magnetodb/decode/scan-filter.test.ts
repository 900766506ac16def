import * as assert from 'uvu/assert'
import { decodeScanFilter } from '../../../../src/dialect/magnetodb/decode/scan-filter.ts'
import { CONDITIONS_MAX, IN_OPERANDS_MAX } from '../../../../src/model/limits.ts'
import { finished } from '../../../../src/model/steps.ts'
import { test } from '../../../support/suite.ts'
import { refuses } from '../requests.ts'

const attribute = 'a'
const value = { type: 'S', value: 'x' }

function decode(comparison_operator: string, ...attribute_value_list: unknown[]) {
  return finished(decodeScanFilter({ a: { comparison_operator, attribute_value_list } }))
}

test('every operator of one operand', () => {
  const operators = ['EQ', 'LT', 'LE', 'GT', 'GE', 'BEGINS_WITH', 'CONTAINS', 'NOT_CONTAINS']
  for (const operator of operators) {
    assert.equal(decode(operator, { S: 'x' }), { op: operator.toLowerCase(), attribute, value })
  }
})

test('scan_filter: NE does not match an absent attribute', () => {
  assert.equal(decode('NE', { S: 'x' }), {
    op: 'and',
    conditions: [
      { op: 'attribute_exists', attribute },
      { op: 'ne', attribute, value },
    ],
  })
})

test('every other operator', () => {
  assert.equal(decode('NULL'), { op: 'attribute_not_exists', attribute })
  assert.equal(decode('NOT_NULL'), { op: 'attribute_exists', attribute })
  assert.equal(finished(decodeScanFilter({ a: { comparison_operator: 'NULL' } })), decode('NULL'))
  assert.equal(decode('IN', { S: 'x' }, { S: 'x' }), {
    op: 'in',
    attribute,
    values: [value, value],
  })
  const between = { op: 'between', attribute, low: value, high: value }
  assert.equal(decode('BETWEEN', { S: 'x' }, { S: 'x' }), between)
})

test('EQ and NE compare values of every type', () => {
  const set = { type: 'SS', value: ['x'] }
  assert.equal(decode('EQ', { SS: ['x', 'x'] }), { op: 'eq', attribute, value: set })
  assert.is(decode('NE', { M: {} })?.op, 'and')
})

test('scan_filter: several conditions are a conjunction', () => {
  const nothing = { comparison_operator: 'NULL' }
  assert.is(finished(decodeScanFilter({})), undefined)
  assert.equal(finished(decodeScanFilter({ a: nothing, constructor: nothing })), {
    op: 'and',
    conditions: [
      { op: 'attribute_not_exists', attribute: 'a' },
      { op: 'attribute_not_exists', attribute: 'constructor' },
    ],
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
