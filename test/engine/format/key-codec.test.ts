import * as assert from 'uvu/assert'
import {
  decodeKeyValue,
  encodeKeyValue,
  ITEM_RANGE,
  indexEntrySort,
  indexRangeOfEntry,
  itemSort,
  itemSortOfEntry,
  queryRange,
  rangeOfItem,
  successor,
} from '../../../src/engine/format/key-codec.ts'
import type { KeyCondition } from '../../../src/expression/condition.ts'
import { evaluate } from '../../../src/expression/evaluate.ts'
import type { ScalarType, ScalarValue } from '../../../src/model/attribute-value.ts'
import { HASH_KEY_BYTES_MAX, RANGE_KEY_BYTES_MAX } from '../../../src/model/limits.ts'
import { canonicalNumber } from '../../../src/model/number.ts'
import { compareScalars } from '../../../src/model/scalar-order.ts'
import { finished } from '../../../src/model/steps.ts'
import { PARTITION_BYTES_MAX, SORT_BYTES_MAX, type SortRange } from '../../../src/storage/driver.ts'
import { ofKey } from '../../expression/short-expressions.ts'
import { type Seeded, seeded } from '../../seeded.ts'
import { suite } from '../../support/suite.ts'
import { randomKey } from '../random-items.ts'
import { KEY_VECTORS, type ScalarText } from './key-vectors.ts'

const test = suite('key codec')

const TYPES: readonly ScalarType[] = ['S', 'N', 'B']

function scalar([type, value]: ScalarText): ScalarValue {
  if (type === 'B') return { type, value: Buffer.from(value, 'hex') }
  return { type, value: type === 'N' ? canonicalNumber(value) : value }
}

for (const [type, value, hex] of KEY_VECTORS.values) {
  test(`the bytes of ${type} ${JSON.stringify(value)} never change`, () => {
    assert.is(encodeKeyValue(scalar([type, value])).toString('hex'), hex)
  })
}

for (const [range, hex] of KEY_VECTORS.itemSorts) {
  test(`the sort of an item of range ${JSON.stringify(range)} never changes`, () => {
    assert.is(itemSort(range ? scalar(range) : undefined).toString('hex'), hex)
  })
}

for (const [number, indexRange, baseRange, hex] of KEY_VECTORS.entrySorts) {
  test(`the sort of entry ${JSON.stringify([number, indexRange, baseRange])} never changes`, () => {
    assert.is(indexEntrySort(number, scalar(indexRange), scalar(baseRange)).toString('hex'), hex)
  })
}

test('key values decode from their bytes and from the sorts with them', () => {
  const random = seeded('keys decoded')
  for (const type of TYPES) {
    for (let round = 0; round < 2_000; round++) {
      const [key, other] = [randomKey(random, type), randomKey(random, random.pick(TYPES))]
      assert.equal(decodeKeyValue(type, encodeKeyValue(key)), key)
      assert.equal(decodeKeyValue(type, rangeOfItem(itemSort(key))), key)
      assert.equal(decodeKeyValue(type, indexRangeOfEntry(indexEntrySort(3, key, other))), key)
    }
  }
  for (const [type, value] of KEY_VECTORS.values) {
    const key = scalar([type, value])
    assert.equal(decodeKeyValue(type, encodeKeyValue(key)), key)
  }
})

test('key bytes sort like their values', () => {
  const random = seeded('key order')
  for (const type of TYPES) {
    for (let round = 0; round < 5_000; round++) {
      const [a, b] = [randomKey(random, type), randomKey(random, type)]
      const order = Math.sign(compareScalars(type, a.value, b.value))
      const shown = JSON.stringify([a, b])
      assert.is(Buffer.compare(encodeKeyValue(a), encodeKeyValue(b)), order, shown)
      assert.is(Buffer.compare(itemSort(a), itemSort(b)), order, shown)
    }
  }
})

test('index entries sort by index, value, then base range key', () => {
  const random = seeded('entry order')
  for (let round = 0; round < 10_000; round++) {
    const [type, baseType] = [random.pick(TYPES), random.pick(TYPES)]
    const entry = () => ({
      number: random.below(2),
      value: randomKey(random, type),
      base: randomKey(random, baseType),
    })
    const [a, b] = [entry(), entry()]
    if (random.below(2) === 0) b.value = a.value
    const order =
      Math.sign(a.number - b.number) ||
      Math.sign(compareScalars(type, a.value.value, b.value.value)) ||
      Math.sign(compareScalars(baseType, a.base.value, b.base.value))
    const sortA = indexEntrySort(a.number, a.value, a.base)
    const sortB = indexEntrySort(b.number, b.value, b.base)
    assert.is(Buffer.compare(sortA, sortB), order, JSON.stringify([a, b]))
    assert.equal(itemSortOfEntry(sortA), itemSort(a.base))
  }
})

test('items and entries of each index have separate ranges', () => {
  const random = seeded('kinds')
  for (let round = 0; round < 500; round++) {
    const key = randomKey(random, random.pick(TYPES))
    const base = randomKey(random, random.pick(TYPES))
    assert.ok(within(ITEM_RANGE, itemSort(key)))
    assert.not.ok(within(ITEM_RANGE, indexEntrySort(random.below(256), key, base)))
  }
  assert.ok(within(ITEM_RANGE, itemSort(undefined)))
})

function within({ from, to }: SortRange, sort: Buffer): boolean {
  return (!from || sort.compare(from) >= 0) && (!to || sort.compare(to) < 0)
}

const OPERATORS = ['eq', 'lt', 'le', 'gt', 'ge', 'begins_with', 'between'] as const

function randomCondition(random: Seeded, type: ScalarType): KeyCondition {
  const op = random.pick(
    type === 'N' ? OPERATORS.filter((each) => each !== 'begins_with') : OPERATORS,
  )
  if (op === 'between') return { op, low: randomKey(random, type), high: randomKey(random, type) }
  return { op, value: randomKey(random, type) }
}

function meets(value: ScalarValue, condition: KeyCondition): boolean {
  return finished(evaluate(ofKey('key', condition), new Map([['key', value]])))
}

test('the range of every condition holds exactly the items that meet it', () => {
  const random = seeded('item ranges')
  for (let round = 0; round < 20_000; round++) {
    const type = random.pick(TYPES)
    const condition = randomCondition(random, type)
    const value = randomKey(random, type)
    const shown = JSON.stringify([value, condition])
    assert.is(
      within(queryRange(undefined, condition), itemSort(value)),
      meets(value, condition),
      shown,
    )
  }
})

test('the range of every condition holds exactly the entries that meet it', () => {
  const random = seeded('entry ranges')
  for (let round = 0; round < 20_000; round++) {
    const type = random.pick(TYPES)
    const condition = randomCondition(random, type)
    const value = randomKey(random, type)
    const base = randomKey(random, random.pick(TYPES))
    const [number, other] = [random.below(256), random.below(256)]
    const range = queryRange(number, condition)
    const shown = JSON.stringify([value, condition, base])
    assert.is(within(range, indexEntrySort(number, value, base)), meets(value, condition), shown)
    if (other !== number) assert.not.ok(within(range, indexEntrySort(other, value, base)), shown)
    assert.not.ok(within(range, itemSort(value)))
  }
})

test('without a condition a range holds all items, or all entries of one index', () => {
  const random = seeded('open ranges')
  for (let round = 0; round < 1_000; round++) {
    const [value, base] = [randomKey(random, 'B'), randomKey(random, 'B')]
    const number = random.pick([0, 1, 254, 255])
    assert.ok(within(queryRange(undefined, undefined), itemSort(value)))
    assert.ok(within(queryRange(number, undefined), indexEntrySort(number, value, base)))
    const next = (number + 1) % 256
    assert.not.ok(within(queryRange(number, undefined), indexEntrySort(next, value, base)))
  }
})

test('a range of a prefix that ends in FF has an upper bound', () => {
  const prefix = (...bytes: number[]) => ({
    op: 'begins_with' as const,
    value: { type: 'B' as const, value: Buffer.from(bytes) },
  })
  const hexOf = ({ from, to }: SortRange) => [from?.toString('hex'), to?.toString('hex')]
  assert.equal(hexOf(queryRange(undefined, prefix(0xff))), ['10ff', '11'])
  assert.equal(hexOf(queryRange(undefined, prefix(1, 0xff, 0xff))), ['1001ffff', '1002'])
  assert.equal(hexOf(queryRange(255, prefix(0xff))), ['20ffff', '21'])
  assert.equal(hexOf(queryRange(3, prefix(7, 0))), ['20030700ff', '20030701'])
})

test('the longest keys fit the storage', () => {
  const longest = (length: number): ScalarValue => ({ type: 'B', value: Buffer.alloc(length) })
  const range = longest(RANGE_KEY_BYTES_MAX)
  assert.is(encodeKeyValue(longest(HASH_KEY_BYTES_MAX)).length, PARTITION_BYTES_MAX)
  assert.is(indexEntrySort(255, range, range).length, SORT_BYTES_MAX)
})

test('no bytes sort between a key and its successor', () => {
  assert.equal(successor(Buffer.of(1, 0xff)), Buffer.of(1, 0xff, 0))
})

test('bytes that are no index entry throw', () => {
  assert.throws(() => itemSortOfEntry(Buffer.of(0x20, 0, 1, 2)), /without terminator/)
  assert.throws(() => itemSortOfEntry(Buffer.of(0x20, 0, 1, 0, 0xff)), /without terminator/)
})

test.run()
