import * as assert from 'uvu/assert'
import { messageOf } from '../../src/dialect/magnetodb/messages.ts'
import { applyUpdates as applyInSteps } from '../../src/expression/apply-update.ts'
import type { UpdateAction } from '../../src/expression/update.ts'
import type { AttributeType, AttributeValue, Item } from '../../src/model/attribute-value.ts'
import { MagnetoDBError } from '../../src/model/errors.ts'
import { finished } from '../../src/model/steps.ts'
import { suite } from '../support/suite.ts'
import { add as addAt, discard, put as putAt, remove as removeAt } from './short-expressions.ts'

const test = suite('apply update')

const KEY: Item = new Map([['h', { type: 'S', value: 'key' }]])

const s = (value: string): AttributeValue => ({ type: 'S', value })
const n = (value: string): AttributeValue => ({ type: 'N', value })
const many = (type: AttributeType, ...value: unknown[]) => ({ type, value }) as AttributeValue
const bytes = (...values: number[]) => Buffer.from(values)

/** Puts the attribute `a`, or another one. */
const put = (value: AttributeValue, name = 'a') => putAt(name, value)
const add = (value: AttributeValue, name = 'a') => addAt(name, value)
const remove = (value?: AttributeValue, name = 'a') =>
  value ? discard(name, value) : removeAt(name)

function applyUpdates(old: Item | null, ...updates: readonly UpdateAction[]): Item | null {
  return finished(applyInSteps(old, KEY, updates))
}

/** The value of the only attribute after the update. */
function after(old: AttributeValue | undefined, update: UpdateAction): AttributeValue | undefined {
  const item = new Map(old ? [...KEY, ['a', old] as const] : KEY)
  const result = applyUpdates(item, update)
  assert.equal(result?.get('h'), KEY.get('h'))
  assert.is(item.get('a'), old, 'the old item is left as it was')
  return result?.get('a')
}

type Case = readonly [
  what: string,
  old: AttributeValue | undefined,
  update: UpdateAction,
  result: AttributeValue | undefined,
]

const CASES: readonly Case[] = [
  ['put sets', undefined, put(s('x')), s('x')],
  ['put replaces, by another type too', n('1'), put(s('x')), s('x')],
  ['add sums numbers', n('1.5'), add(n('-2')), n('-0.5')],
  ['add sets an absent number', undefined, add(n('7')), n('7')],
  [
    'add unites texts',
    many('SS', 'b', 'd'),
    add(many('SS', 'a', 'b', 'c')),
    many('SS', 'a', 'b', 'c', 'd'),
  ],
  [
    'add unites numbers',
    many('NS', '2', '10'),
    add(many('NS', '-1', '3')),
    many('NS', '-1', '2', '3', '10'),
  ],
  [
    'add unites binaries',
    many('BS', bytes(2)),
    add(many('BS', bytes(1), bytes(2))),
    many('BS', bytes(1), bytes(2)),
  ],
  ['add sets an absent set', undefined, add(many('SS', 'a')), many('SS', 'a')],
  [
    'add merges typed maps',
    many('SNM', ['10', '1'], ['9', '2']),
    add(many('SNM', ['!', '3'], ['9', '4'])),
    many('SNM', ['!', '3'], ['10', '1'], ['9', '4']),
  ],
  [
    'add merges maps keyed by number',
    many('NSM', ['2', 'a'], ['10', 'b']),
    add(many('NSM', ['-1', 'c'])),
    many('NSM', ['-1', 'c'], ['2', 'a'], ['10', 'b']),
  ],
  [
    'add merges maps keyed by binary',
    many('BBM', [bytes(2), bytes(0)]),
    add(many('BBM', [bytes(1), bytes(0)], [bytes(2), bytes(9)])),
    many('BBM', [bytes(1), bytes(0)], [bytes(2), bytes(9)]),
  ],
  ['delete removes', s('x'), remove(), undefined],
  ['delete removes what is not there', undefined, remove(), undefined],
  ['delete with a value removes a scalar', s('x'), remove(many('SS', 'x')), undefined],
  ['delete with a value of nothing is nothing', undefined, remove(many('SS', 'x')), undefined],
  ['delete subtracts texts', many('SS', 'a', 'b'), remove(many('SS', 'b', 'c')), many('SS', 'a')],
  ['delete subtracts numbers', many('NS', '1', '2'), remove(many('NS', '2')), many('NS', '1')],
  [
    'delete subtracts binaries',
    many('BS', bytes(1), bytes(2)),
    remove(many('BS', bytes(1))),
    many('BS', bytes(2)),
  ],
  ['an emptied set is no attribute', many('SS', 'a'), remove(many('SS', 'a')), undefined],
  [
    'delete takes keys from a typed map',
    many('NSM', ['1', 'x'], ['2', 'y']),
    remove(many('NS', '2', '3')),
    many('NSM', ['1', 'x']),
  ],
  [
    'delete takes binary keys from a typed map',
    many('BSM', [bytes(1), 'x'], [bytes(2), 'y']),
    remove(many('BS', bytes(1))),
    many('BSM', [bytes(2), 'y']),
  ],
  [
    'an emptied typed map is no attribute',
    many('SSM', ['a', 'x']),
    remove(many('SS', 'a')),
    undefined,
  ],
]
for (const [what, old, update, result] of CASES) {
  test(what, () => assert.equal(after(old, update), result))
}

const ADD_MESSAGE = 'ADD allows collections or numbers only'
const WRONG_TYPE = 'Wrong type for a'
const REFUSED: readonly (readonly [string, AttributeValue | undefined, UpdateAction, string])[] = [
  ['add of text', s('x'), add(s('y')), ADD_MESSAGE],
  ['add of text to nothing', undefined, add(s('y')), ADD_MESSAGE],
  ['add of a list', undefined, add(many('L')), ADD_MESSAGE],
  ['add of a map', undefined, add({ type: 'M', value: new Map() }), ADD_MESSAGE],
  ['add of a boolean', undefined, add({ type: 'BOOL', value: true }), ADD_MESSAGE],
  ['add of a number to text', s('1'), add(n('1')), WRONG_TYPE],
  ['add of numbers to texts', many('SS', '1'), add(many('NS', '1')), WRONG_TYPE],
  ['add of a number to numbers', many('NS', '1'), add(n('1')), WRONG_TYPE],
  [
    'add of a map of other types',
    many('SSM', ['a', 'b']),
    add(many('SNM', ['a', '1'])),
    WRONG_TYPE,
  ],
  ['delete of numbers from texts', many('SS', '1'), remove(many('NS', '1')), WRONG_TYPE],
  ['delete of a scalar from a set', many('SS', '1'), remove(s('1')), WRONG_TYPE],
  [
    'delete of a map from a map',
    many('SSM', ['a', 'b']),
    remove(many('SSM', ['a', 'b'])),
    WRONG_TYPE,
  ],
  ['delete of keys of another type', many('NSM', ['1', 'b']), remove(many('SS', '1')), WRONG_TYPE],
]
for (const [what, old, update, message] of REFUSED) {
  test(`an update is refused: ${what}`, () => {
    assert.throws(
      () => after(old, update),
      (error: unknown) =>
        error instanceof MagnetoDBError &&
        error.code === 'invalid_update' &&
        messageOf(error.reason) === message,
    )
  })
}

test('a sum that a number cannot hold is refused and not rounded', () => {
  assert.throws(
    () => after(n('1'), add(n(`0.${'0'.repeat(40)}1`))),
    (error: unknown) => error instanceof MagnetoDBError && error.code === 'invalid_update',
  )
})

test('PUT and ADD create an item, deletions alone do not', () => {
  const made = new Map([...KEY, ['a', n('1')]])
  assert.equal(applyUpdates(null, put(n('1'))), made)
  assert.equal(applyUpdates(null, add(n('1')), remove(undefined, 'b')), made)
  assert.is(applyUpdates(null, remove(), remove(many('SS', 'x'), 'b')), null)
  assert.equal(applyUpdates(null), KEY)
})

test('an item that loses its last attribute keeps its key', () => {
  const old: Item = new Map([...KEY, ['a', n('1')]])
  assert.equal(applyUpdates(old, remove()), KEY)
})

test('an update accepts names such as __proto__', () => {
  const updated = applyUpdates(null, put(n('1'), '__proto__'))
  assert.equal(updated?.get('__proto__'), n('1'))
})

test.run()
