import * as assert from 'uvu/assert'
import { decodeKeyConditions } from '../../../../src/dialect/magnetodb/decode/key-conditions.ts'
import { finished } from '../../../../src/model/steps.ts'
import { test } from '../../../support/suite.ts'
import { MISSING, refuses } from '../requests.ts'

const LOW = { type: 'N', value: '1' }
const HIGH = { type: 'N', value: '2' }

function decode(comparison_operator: unknown, ...attribute_value_list: unknown[]) {
  return finished(decodeKeyConditions({ a: { comparison_operator, attribute_value_list } })).get(
    'a',
  )
}

test('key_conditions: every operator is decoded', () => {
  for (const operator of ['EQ', 'LT', 'LE', 'GT', 'GE']) {
    assert.equal(decode(operator, { N: 1 }), { op: operator.toLowerCase(), value: LOW })
  }
  assert.equal(decode('BETWEEN', { N: 1 }, { N: 2 }), { op: 'between', low: LOW, high: HIGH })
  const prefix = { type: 'S', value: 'x' }
  assert.equal(decode('BEGINS_WITH', { S: 'x' }), { op: 'begins_with', value: prefix })
})

test('key_conditions: each attribute has its condition', () => {
  const eq = { comparison_operator: 'EQ', attribute_value_list: [{ N: 1 }] }
  const conditions = finished(decodeKeyConditions({ constructor: eq, b: eq }))
  assert.equal([...conditions.keys()], ['constructor', 'b'])
  assert.is(finished(decodeKeyConditions({})).size, 0)
})

const N = { N: '1' }
const REFUSED: readonly (readonly [message: string, operator: unknown, ...operands: unknown[]])[] =
  [
    [MISSING('comparison_operator'), null, N],
    ["Wrong 'comparison_operator' type. String is expected, but 1 found", 1, N],
    ["IndexedCondition of type['QQ'] is not allowed", 'QQ', N],
    ["IndexedCondition of type['NE'] is not allowed", 'NE', N],
    ["IndexedCondition of type['__proto__'] is not allowed", '__proto__', N],
    ["IndexedCondition of type['LT'] requires exactly 1 arguments, but 2 found", 'LT', N, N],
    ["IndexedCondition of type['EQ'] requires exactly 1 arguments, but 0 found", 'EQ'],
    [
      "IndexedCondition of type['BEGINS_WITH'] requires exactly 1 arguments, but 0 found",
      'BEGINS_WITH',
    ],
    ["IndexedCondition of type['GE'] allows only primitive arguments", 'GE', { SS: ['a'] }],
    ["IndexedCondition of type['EQ'] allows only primitive arguments", 'EQ', { M: {} }],
    ['BETWEEN condition type requires exactly 2 arguments, but 1 given', 'BETWEEN', N],
    ['BETWEEN condition type requires exactly 2 arguments, but 3 given', 'BETWEEN', N, N, N],
    [
      'BETWEEN condition type requires arguments of the same type, but different types given',
      'BETWEEN',
      N,
      { S: '1' },
    ],
    [
      "IndexedCondition of type['BETWEEN'] allows only primitive arguments",
      'BETWEEN',
      { NS: [] },
      { NS: [] },
    ],
    ['BEGINS_WITH condition type is not allowed forargument of the N type', 'BEGINS_WITH', N],
    [`Wrong 'attribute_value_list' type. List of Objects is expected, but ["x"] found`, 'EQ', 'x'],
    ["Can't recognize attribute typed value format: '{}'", 'EQ', {}],
  ]

test('key_conditions: invalid operators and operands are refused with a reason', () => {
  for (const [message, operator, ...operands] of REFUSED) {
    refuses(() => decode(operator, ...operands), message)
  }
})

test('key_conditions: an invalid condition is refused with its reason', () => {
  const eq = { comparison_operator: 'EQ', attribute_value_list: [N] }
  refuses(() => finished(decodeKeyConditions(null)), MISSING('key_conditions'))
  refuses(() => finished(decodeKeyConditions({ a: null })), MISSING('a'))
  refuses(
    () => finished(decodeKeyConditions({ a: [] })),
    "Wrong 'a' type. Object is expected, but [] found",
  )
  refuses(() => finished(decodeKeyConditions({ 'a b': eq })), "Wrong attribute name 'a b' found")
  refuses(
    () => finished(decodeKeyConditions({ a: { ...eq, attribute_value_list: { S: 'x' } } })),
    `Wrong 'attribute_value_list' type. List is expected, but {"S": "x"} found`,
  )
  refuses(
    () => finished(decodeKeyConditions({ a: { ...eq, value: 1 } })),
    `Unexpected properties were found for 'a': {"value": 1}`,
  )
})

test.run()
