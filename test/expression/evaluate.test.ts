import * as assert from 'uvu/assert'
import type { ComparisonOperator, Condition } from '../../src/expression/condition.ts'
import { evaluate } from '../../src/expression/evaluate.ts'
import type { AttributeValue, Item } from '../../src/model/attribute-value.ts'
import { suite } from '../support/suite.ts'

const test = suite('evaluate')

const s = (value: string): AttributeValue => ({ type: 'S', value })
const n = (value: string): AttributeValue => ({ type: 'N', value })
const b = (...value: number[]): AttributeValue => ({ type: 'B', value: Buffer.from(value) })
const bool = (value: boolean): AttributeValue => ({ type: 'BOOL', value })
const list = (...value: AttributeValue[]): AttributeValue => ({ type: 'L', value })
const map = (name: string, value: AttributeValue): AttributeValue => ({
  type: 'M',
  value: new Map([[name, value]]),
})
const NULL: AttributeValue = { type: 'NULL', value: true }
const TEXTS: AttributeValue = { type: 'SS', value: ['a', 'b'] }
const NUMBERS: AttributeValue = { type: 'NS', value: ['1', '2'] }
const BINARIES: AttributeValue = { type: 'BS', value: [Buffer.of(1), Buffer.of(2)] }
const TYPED: AttributeValue = { type: 'SNM', value: [['a', '1']] }

const ORDERS: readonly ComparisonOperator[] = ['eq', 'ne', 'lt', 'le', 'gt', 'ge']
const OTHERS: readonly ComparisonOperator[] = ['begins_with', 'contains', 'not_contains']
const EQUAL = ['eq', 'le', 'ge']
const LESS = ['ne', 'lt', 'le']
const GREATER = ['ne', 'gt', 'ge']

/** Which of the operators hold between the attribute's value and the operand. */
const TABLE: readonly (readonly [AttributeValue | undefined, AttributeValue, readonly string[]])[] =
  [
    [s('b'), s('b'), [...EQUAL, 'begins_with', 'contains']],
    [s('b'), s('c'), [...LESS, 'not_contains']],
    [s('b'), s('a'), [...GREATER, 'not_contains']],
    [s('abc'), s('ab'), [...GREATER, 'begins_with', 'contains']],
    [s('abc'), s('bc'), [...LESS, 'contains']],
    [s('abc'), s(''), [...GREATER, 'begins_with', 'contains']],
    [s('\uffff'), s('\u{10000}'), [...LESS, 'not_contains']],
    [n('2'), n('2'), EQUAL],
    [n('2'), n('10'), LESS],
    [n('-2'), n('-10'), GREATER],
    [b(1, 2), b(1, 2), [...EQUAL, 'begins_with', 'contains']],
    [b(1, 2), b(1), [...GREATER, 'begins_with', 'contains']],
    [b(1, 2), b(2), [...LESS, 'contains']],
    [b(1), b(1, 0), [...LESS, 'not_contains']],
    [b(0x80), b(0x7f), [...GREATER, 'not_contains']],
    [bool(true), bool(true), ['eq']],
    [bool(true), bool(false), ['ne']],
    [NULL, NULL, ['eq']],
    [TEXTS, TEXTS, ['eq']],
    [TEXTS, { type: 'SS', value: ['a'] }, ['ne']],
    [TEXTS, s('a'), ['ne', 'contains']],
    [TEXTS, s('ab'), ['ne', 'not_contains']],
    [NUMBERS, n('1'), ['ne', 'contains']],
    [NUMBERS, n('3'), ['ne', 'not_contains']],
    [NUMBERS, s('1'), ['ne']],
    [BINARIES, b(2), ['ne', 'contains']],
    [BINARIES, b(3), ['ne', 'not_contains']],
    [TYPED, TYPED, ['eq']],
    [TYPED, s('a'), ['ne', 'contains']],
    [TYPED, s('1'), ['ne', 'not_contains']],
    [TYPED, n('1'), ['ne']],
    [list(n('1'), TEXTS), n('1'), ['ne', 'contains']],
    [list(n('1'), TEXTS), TEXTS, ['ne', 'contains']],
    [list(n('1'), TEXTS), s('1'), ['ne', 'not_contains']],
    [list(n('1')), list(n('1')), ['eq', 'not_contains']],
    [map('a', n('1')), map('a', n('1')), ['eq']],
    [map('a', n('1')), s('a'), ['ne']],
    [s('1'), n('1'), ['ne']],
    [n('1'), s('1'), ['ne']],
    [n('1'), NUMBERS, ['ne']],
    [s('a'), TEXTS, ['ne']],
    [b(0x61), s('a'), ['ne']],
    [undefined, s('a'), ['ne']],
    [undefined, NULL, ['ne']],
  ]

function shown(value: AttributeValue | undefined): string {
  if (!value) return 'nothing'
  const content = value.value instanceof Map ? [...value.value] : value.value
  return `${value.type} ${JSON.stringify(content)}`
}

for (const [value, operand, expected] of TABLE) {
  test(`${shown(value)} and ${shown(operand)}: ${expected.join(' ')}`, () => {
    const item: Item = new Map(value ? [['a', value]] : [])
    const held = [...ORDERS, ...OTHERS].filter((op) =>
      evaluate({ op, attribute: 'a', value: operand }, item),
    )
    assert.equal(held.sort(), [...expected].sort())
    const isIn = evaluate({ op: 'in', attribute: 'a', values: [NULL, operand] }, item)
    assert.is(isIn, expected.includes('eq') || value?.type === 'NULL')
  })
}

const ITEM: Item = new Map([
  ['a', n('5')],
  ['__proto__', s('x')],
])

test('a condition on existence holds per attribute; an absent item has none', () => {
  for (const attribute of ['a', '__proto__']) {
    assert.ok(evaluate({ op: 'attribute_exists', attribute }, ITEM))
    assert.not.ok(evaluate({ op: 'attribute_not_exists', attribute }, ITEM))
    assert.not.ok(evaluate({ op: 'attribute_exists', attribute }, null))
    assert.ok(evaluate({ op: 'attribute_not_exists', attribute }, null))
  }
  assert.not.ok(evaluate({ op: 'attribute_exists', attribute: 'toString' }, ITEM))
})

test('between includes both ends, and nothing of another type', () => {
  const between = (low: AttributeValue, high: AttributeValue): boolean =>
    evaluate({ op: 'between', attribute: 'a', low, high }, ITEM)
  assert.ok(between(n('5'), n('10')))
  assert.ok(between(n('-1'), n('5')))
  assert.not.ok(between(n('6'), n('10')))
  assert.not.ok(between(n('1'), n('4')))
  assert.not.ok(between(n('10'), n('1')))
  assert.not.ok(between(s('0'), s('9')))
  assert.not.ok(evaluate({ op: 'between', attribute: 'b', low: n('0'), high: n('9') }, ITEM))
  assert.not.ok(evaluate({ op: 'between', attribute: 'a', low: n('0'), high: n('9') }, null))
})

test('in is none of nothing', () => {
  assert.not.ok(evaluate({ op: 'in', attribute: 'a', values: [] }, ITEM))
})

test('and holds when all hold, also when there is nothing to hold', () => {
  const yes: Condition = { op: 'attribute_exists', attribute: 'a' }
  const no: Condition = { op: 'attribute_exists', attribute: 'b' }
  const and = (...conditions: Condition[]): boolean => evaluate({ op: 'and', conditions }, ITEM)
  assert.ok(and())
  assert.ok(and(yes, yes))
  assert.not.ok(and(yes, no))
  assert.not.ok(and(no, yes))
  assert.not.ok(and(yes, { op: 'and', conditions: [no] }))
})

test.run()
