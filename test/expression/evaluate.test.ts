import * as assert from 'uvu/assert'
import {
  type ComparisonOperator,
  type Condition,
  comparison,
  type Operand,
} from '../../src/expression/condition.ts'
import { evaluate as evaluateStepped } from '../../src/expression/evaluate.ts'
import { pathOf, type Step } from '../../src/expression/path.ts'
import type { AttributeType, AttributeValue, Item } from '../../src/model/attribute-value.ts'
import { EXPRESSION_OPERATORS_MAX } from '../../src/model/limits.ts'
import { finished, isSteps } from '../../src/model/steps.ts'
import { suite } from '../support/suite.ts'
import { absent, between, exists, isIn } from './short-expressions.ts'

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

function evaluate(condition: Condition, item: Item | null): boolean {
  return finished(evaluateStepped(condition, item))
}

const ORDERS: readonly ComparisonOperator[] = ['eq', 'ne', 'lt', 'le', 'gt', 'ge']
const OTHERS: readonly ComparisonOperator[] = ['begins_with', 'contains']
const EQUAL = ['eq', 'le', 'ge']
const LESS = ['ne', 'lt', 'le']
const GREATER = ['ne', 'gt', 'ge']

/** An attribute's value, an operand, and the operators that are true for them. */
const TABLE: readonly (readonly [AttributeValue | undefined, AttributeValue, readonly string[]])[] =
  [
    [s('b'), s('b'), [...EQUAL, 'begins_with', 'contains']],
    [s('b'), s('c'), [...LESS]],
    [s('b'), s('a'), [...GREATER]],
    [s('abc'), s('ab'), [...GREATER, 'begins_with', 'contains']],
    [s('abc'), s('bc'), [...LESS, 'contains']],
    [s('abc'), s(''), [...GREATER, 'begins_with', 'contains']],
    [s('\uffff'), s('\u{10000}'), [...LESS]],
    [n('2'), n('2'), EQUAL],
    [n('2'), n('10'), LESS],
    [n('-2'), n('-10'), GREATER],
    [b(1, 2), b(1, 2), [...EQUAL, 'begins_with', 'contains']],
    [b(1, 2), b(1), [...GREATER, 'begins_with', 'contains']],
    [b(1, 2), b(2), [...LESS, 'contains']],
    [b(1), b(1, 0), [...LESS]],
    [b(0x80), b(0x7f), [...GREATER]],
    [bool(true), bool(true), ['eq']],
    [bool(true), bool(false), ['ne']],
    [NULL, NULL, ['eq']],
    [TEXTS, TEXTS, ['eq']],
    [TEXTS, { type: 'SS', value: ['a'] }, ['ne']],
    [TEXTS, s('a'), ['ne', 'contains']],
    [TEXTS, s('ab'), ['ne']],
    [NUMBERS, n('1'), ['ne', 'contains']],
    [NUMBERS, n('3'), ['ne']],
    [NUMBERS, s('1'), ['ne']],
    [BINARIES, b(2), ['ne', 'contains']],
    [BINARIES, b(3), ['ne']],
    [TYPED, TYPED, ['eq']],
    [TYPED, s('a'), ['ne', 'contains']],
    [TYPED, s('1'), ['ne']],
    [TYPED, n('1'), ['ne']],
    [list(n('1'), TEXTS), n('1'), ['ne', 'contains']],
    [list(n('1'), TEXTS), TEXTS, ['ne', 'contains']],
    [list(n('1'), TEXTS), s('1'), ['ne']],
    [list(n('1')), list(n('1')), ['eq']],
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
    const held = [...ORDERS, ...OTHERS].filter((op) => evaluate(comparison('a', op, operand), item))
    assert.equal(held.sort(), [...expected].sort())
    const isFound = evaluate(isIn('a', NULL, operand), item)
    assert.is(isFound, expected.includes('eq') || value?.type === 'NULL')
  })
}

const ITEM: Item = new Map([
  ['a', n('5')],
  ['__proto__', s('x')],
])

test('a condition on existence holds per attribute; an absent item has none', () => {
  for (const attribute of ['a', '__proto__']) {
    assert.ok(evaluate(exists(attribute), ITEM))
    assert.not.ok(evaluate(absent(attribute), ITEM))
    assert.not.ok(evaluate(exists(attribute), null))
    assert.ok(evaluate(absent(attribute), null))
  }
  assert.not.ok(evaluate(exists('toString'), ITEM))
})

test('BETWEEN includes both ends, and no value of another type', () => {
  const isBetween = (low: AttributeValue, high: AttributeValue): boolean =>
    evaluate(between('a', low, high), ITEM)
  assert.ok(isBetween(n('5'), n('10')))
  assert.ok(isBetween(n('-1'), n('5')))
  assert.not.ok(isBetween(n('6'), n('10')))
  assert.not.ok(isBetween(n('1'), n('4')))
  assert.not.ok(isBetween(n('10'), n('1')))
  assert.not.ok(isBetween(s('0'), s('9')))
  assert.not.ok(evaluate(between('b', n('0'), n('9')), ITEM))
  assert.not.ok(evaluate(between('a', n('0'), n('9')), null))
})

test('IN of no operands never holds', () => {
  assert.not.ok(evaluate(isIn('a'), ITEM))
})

test('a conjunction holds if all conditions hold, also without any', () => {
  const yes: Condition = exists('a')
  const no: Condition = exists('b')
  const and = (...conditions: Condition[]): boolean => evaluate({ op: 'and', conditions }, ITEM)
  assert.ok(and())
  assert.ok(and(yes, yes))
  assert.not.ok(and(yes, no))
  assert.not.ok(and(no, yes))
  assert.not.ok(and(yes, { op: 'and', conditions: [no] }))
})

test('OR holds if one condition holds', () => {
  const [yes, no] = [exists('a'), exists('b')]
  const or = (...conditions: Condition[]): boolean => evaluate({ op: 'or', conditions }, ITEM)
  assert.not.ok(or())
  assert.ok(or(no, yes))
  assert.not.ok(or(no, no))
  assert.not.ok(evaluate({ op: 'not', condition: yes }, ITEM))
  assert.ok(evaluate({ op: 'not', condition: { op: 'or', conditions: [no, no] } }, ITEM))
})

test('attribute_type holds if the value has one of the types', () => {
  const isOf = (name: string, ...types: AttributeType[]): boolean =>
    evaluate({ op: 'attribute_type', path: pathOf(name), types }, ITEM)
  assert.ok(isOf('a', 'S', 'N'))
  assert.not.ok(isOf('a', 'S'))
  assert.not.ok(isOf('b', 'S', 'N'))
})

const DOCUMENT: Item = new Map([
  ['m', map('x', list(n('1'), s('é'), TEXTS))],
  ['one', n('1')],
  ['typed', TYPED],
])
const at = (attribute: string, ...steps: Step[]): Operand => ({
  ...{ is: 'path', path: { attribute, steps } },
})
const size = (attribute: string, ...steps: Step[]): Operand => ({
  ...{ is: 'size', path: { attribute, steps } },
})
const is = (value: AttributeValue): Operand => ({ is: 'value', value })

const COMPARED: readonly (readonly [Operand, ComparisonOperator, Operand, boolean])[] = [
  [at('m', 'x', 0), 'eq', at('one'), true],
  [at('m', 'x', 0), 'ne', at('one'), false],
  [at('m', 'y'), 'eq', at('n'), false],
  [at('m', 'y'), 'ne', at('n'), true],
  [at('m', 'y'), 'ge', is(n('0')), false],
  [is(n('1')), 'eq', at('one'), true],
  [at('typed', 'a'), 'eq', at('one'), true],
  [at('m', 'x', 2), 'contains', is(s('a')), true],
  [is(TEXTS), 'contains', at('m', 'x', 1), false],
  [size('m'), 'eq', is(n('1')), true],
  [size('m', 'x'), 'eq', is(n('3')), true],
  [size('m', 'x', 1), 'eq', is(n('2')), true],
  [size('m', 'x', 2), 'gt', size('m'), true],
  [size('typed'), 'eq', is(n('1')), true],
  [size('one'), 'ge', is(n('0')), false],
  [size('m', 'y'), 'ge', is(n('0')), false],
]
for (const [left, op, right, holds] of COMPARED) {
  const shownOf = (operand: Operand) =>
    operand.is === 'value' ? shown(operand.value) : JSON.stringify(operand)
  test(`${shownOf(left)} ${op} ${shownOf(right)}: ${holds}`, () => {
    assert.is(evaluate({ op, left, right }, DOCUMENT), holds)
  })
}

test('operands of BETWEEN and IN may be paths of the item', () => {
  const operand = at('m', 'x', 0)
  const within = (low: Operand, high: Operand): boolean =>
    evaluate({ op: 'between', operand, low, high }, DOCUMENT)
  assert.ok(within(at('one'), size('m', 'x')))
  assert.not.ok(within(at('n'), size('m', 'x')))
  assert.ok(evaluate({ op: 'in', operand, list: [at('n'), at('one')] }, DOCUMENT))
})

test('each comparison of a long condition is a step', () => {
  const conditions = new Array<Condition>(EXPRESSION_OPERATORS_MAX).fill(exists('a'))
  const steps = evaluateStepped({ op: 'and', conditions }, ITEM)
  assert.ok(isSteps(steps))
  let count = 0
  while (!steps.next().done) count++
  assert.is(count, EXPRESSION_OPERATORS_MAX)
})

test('300 nested operators are evaluated', () => {
  let condition: Condition = exists('a')
  for (let i = 0; i < EXPRESSION_OPERATORS_MAX; i++) condition = { op: 'not', condition }
  assert.ok(evaluate(condition, ITEM))
  let deep: Condition = exists('b')
  for (let i = 0; i < EXPRESSION_OPERATORS_MAX; i++) {
    deep = { op: i % 2 === 0 ? 'or' : 'and', conditions: [exists('a'), deep] }
  }
  assert.ok(evaluate(deep, ITEM))
})

test.run()
