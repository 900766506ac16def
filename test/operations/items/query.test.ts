import * as assert from 'uvu/assert'
import type { KeyCondition } from '../../../src/expression/condition.ts'
import { comparison } from '../../../src/expression/condition.ts'
import { evaluate } from '../../../src/expression/evaluate.ts'
import { pathOf } from '../../../src/expression/path.ts'
import type { Item } from '../../../src/model/attribute-value.ts'
import { finished } from '../../../src/model/steps.ts'
import { readItem } from '../../../src/model/typed-json.ts'
import { putItem } from '../../../src/operations/items/put-item.ts'
import { type PageResult, type Query, query } from '../../../src/operations/items/query.ts'
import {
  EngineFixture,
  HASH_ONLY,
  INDEX_NAMES,
  outcomeOf,
  WITH_INDEXES,
} from '../../engine/engine-fixture.ts'
import { allShown, item, type ShortValue, shown, value } from '../../engine/short-items.ts'
import { ofKey } from '../../expression/short-expressions.ts'
import { seeded } from '../../seeded.ts'
import { suite } from '../../support/suite.ts'

const test = suite('query')

const eq = (short: ShortValue): KeyCondition => ({ op: 'eq', value: value(short) })

function ask(parts: Partial<Query> = {}, conditions: Record<string, KeyCondition> = {}): Query {
  const keyConditions = new Map(Object.entries({ h: eq('a'), ...conditions }))
  const rest = { table: 'table', consistentRead: true, forward: true }
  return { ...rest, select: 'ALL_ATTRIBUTES', keyConditions, ...parts }
}

/** Twelve items with hash key a, some with the same index value, and one with hash key b. */
async function withItems() {
  const fixture = new EngineFixture()
  await fixture.create('table', WITH_INDEXES)
  const items = Array.from({ length: 12 }, (_, i) =>
    item({
      ...{ h: 'a', r: i - 5, text: `t${i % 3}`, number: i >> 2, extra: i, other: `o${i}` },
      ...(i % 4 === 0 ? {} : { binary: Buffer.of(255 - (i % 5)) }),
    }),
  )
  for (const each of [...items, item({ h: 'b', r: 0, text: 't1', number: 1 })]) {
    await fixture.run(putItem, { table: 'table', item: each, returnValues: 'NONE' })
  }
  return { fixture, items }
}

/** Reads and checks all pages of a query. */
async function pages(fixture: EngineFixture, asked: Query): Promise<PageResult[]> {
  const found: PageResult[] = []
  let start: Item | undefined
  for (let count = 0; count < 100; count++) {
    const page = await fixture.run(query, { ...asked, ...(start && { exclusiveStartKey: start }) })
    found.push(page)
    if (asked.limit !== undefined) assert.ok(page.scannedCount <= asked.limit)
    start = page.lastEvaluatedKey
    if (start === undefined) return found
  }
  throw new Error('a query without end')
}

for (const index of [undefined, ...INDEX_NAMES]) {
  for (const forward of [true, false]) {
    const what = `${index ?? 'the table'} ${forward ? 'forward' : 'backward'}`
    test(`Query with any limit pages through ${what} without gap or repetition`, async () => {
      const { fixture } = await withItems()
      const asked = ask({ forward, ...(index === undefined ? {} : { index }) })
      const all = allShown((await fixture.run(query, asked)).items ?? [])
      const backward = await fixture.run(query, { ...asked, forward: !forward })
      assert.equal(allShown(backward.items ?? []).reverse(), all)
      for (let limit = 1; limit <= all.length + 1; limit++) {
        const read = await pages(fixture, { ...asked, limit })
        assert.equal(
          read.flatMap(({ items }) => allShown(items ?? [])),
          all,
        )
        for (const { count, lastEvaluatedKey } of read) {
          assert.is(lastEvaluatedKey !== undefined, count === limit, 'a key when the page is full')
          const names = ['h', 'r', ...(index ? [index.replace('by-', '')] : [])]
          if (lastEvaluatedKey) assert.equal([...lastEvaluatedKey.keys()], names)
        }
      }
      await fixture.close()
    })
  }
}

const RANGES: readonly (readonly [string, KeyCondition])[] = [
  ['r', { op: 'eq', value: value(2) }],
  ['r', { op: 'lt', value: value(2) }],
  ['r', { op: 'le', value: value(-3) }],
  ['r', { op: 'gt', value: value(-1) }],
  ['r', { op: 'ge', value: value(0) }],
  ['r', { op: 'between', low: value(-2), high: value(3) }],
  ['r', { op: 'between', low: value(3), high: value(-2) }],
  ['text', { op: 'begins_with', value: value('t1') }],
  ['text', { op: 'begins_with', value: value('') }],
  ['text', { op: 'gt', value: value('t1') }],
  ['number', { op: 'between', low: value(1), high: value(1) }],
  ['binary', { op: 'begins_with', value: value(Buffer.of(255)) }],
  ['binary', { op: 'ge', value: value(Buffer.of(253)) }],
]
for (const [name, condition] of RANGES) {
  test(`Query with ${name} ${condition.op} finds exactly the matches, in pages too`, async () => {
    const { fixture, items } = await withItems()
    const index = name === 'r' ? {} : { index: `by-${name}` }
    const expected = items.filter((each) => finished(evaluate(ofKey(name, condition), each)))
    for (const forward of [true, false]) {
      for (const limit of [1, 2, 5]) {
        const asked = ask({ ...index, forward, limit }, { [name]: condition })
        const found = (await pages(fixture, asked)).flatMap((page) => page.items ?? [])
        assert.equal(allShown(found).sort(), allShown(expected).sort())
      }
    }
    await fixture.close()
  })
}

test('Query on an index returns the requested attributes of index or item', async () => {
  const { fixture } = await withItems()
  const first = async (parts: Partial<Query>) => {
    const { items = [], ...rest } = await fixture.run(query, ask({ limit: 1, ...parts }))
    return { names: [...readItem(items[0]?.json ?? '{}').keys()].sort().join(' '), ...rest }
  }
  const all = 'binary extra h number other r text'
  const projected = 'ALL_PROJECTED_ATTRIBUTES'
  const specific = 'SPECIFIC_ATTRIBUTES'
  const binary = { index: 'by-binary' }
  const number = { index: 'by-number' }
  assert.is((await first(binary)).names, all)
  assert.is((await first({ ...binary, select: projected })).names, 'binary extra h r text')
  assert.is((await first({ ...number, select: projected })).names, 'h number r')
  assert.is(
    (await first({ index: 'by-text', select: projected })).names,
    'extra h number other r text',
  )
  const some = { select: specific, paths: ['other', 'extra', 'absent'].map(pathOf) } as const
  assert.is((await first({ ...binary, ...some })).names, 'extra other')
  assert.is((await first(some)).names, 'extra other')
  assert.is((await first({ ...binary, select: specific })).names, all)
  const counted = await fixture.run(query, ask({ ...number, select: 'COUNT', limit: 5 }))
  assert.equal([counted.count, counted.items], [5, undefined])
  assert.is(shown(counted.lastEvaluatedKey), shown(item({ h: 'a', r: -1, number: 1 })))
  await fixture.close()
})

test('Query on an index reads items only for attributes beyond it', async () => {
  const { fixture } = await withItems()
  const costOf = async (parts: Partial<Query>) => {
    await fixture.run(query, ask(parts))
    return fixture.cost
  }
  const specific = { select: 'SPECIFIC_ATTRIBUTES', index: 'by-binary' } as const
  const [one, two] = [
    { requests: 1, depth: 1 },
    { requests: 2, depth: 2 },
  ]
  assert.equal(await costOf({ index: 'by-text' }), one)
  assert.equal(await costOf({ ...specific, paths: ['h', 'extra'].map(pathOf) }), one)
  assert.equal(await costOf({ ...specific, paths: ['h', 'other'].map(pathOf) }), two)
  assert.equal(await costOf({ index: 'by-number' }), two)
  assert.equal(await costOf({ index: 'by-number', select: 'COUNT' }), one)
  await fixture.close()
})

test('Query applies limit before the filter', async () => {
  const { fixture } = await withItems()
  const filter = comparison('extra', 'ge', value(10))
  const asked = ask({ filter, limit: 5, select: 'COUNT' })
  const read = await pages(fixture, asked)
  assert.equal(
    read.map(({ count, scannedCount }) => [count, scannedCount]),
    [
      [0, 5],
      [0, 5],
      [2, 2],
    ],
  )
  await fixture.close()
})

test('Query from a start key outside of the range begins at its edge or is empty', async () => {
  const { fixture } = await withItems()
  const count = async (start: Item, conditions: Record<string, KeyCondition>, parts = {}) =>
    (await fixture.run(query, ask({ exclusiveStartKey: start, ...parts }, conditions))).count
  const positive: KeyCondition = { op: 'gt', value: value(0) }
  assert.is(await count(item({ h: 'b', r: -9 }), {}), 0)
  assert.is(await count(item({ h: 'a', r: -9 }), { r: positive }), 6)
  assert.is(await count(item({ h: 'a', r: 99 }), { r: positive }), 0)
  assert.is(await count(item({ h: 'a', r: 99 }), { r: positive }, { forward: false }), 6)
  assert.is(await count(item({ h: 'a', r: -9 }), { r: positive }, { forward: false }), 0)
  const negative: KeyCondition = { op: 'lt', value: value(0) }
  assert.is(await count(item({ h: 'a', r: 5 }), { r: negative }, { forward: false }), 5)
  assert.is(await count(item({ h: 'a', r: 5 }), { r: negative }), 0)
  await fixture.close()
})

const LONG = 'x'.repeat(1025)
const BAD: readonly (readonly [string, Partial<Query>, Record<string, KeyCondition>])[] = [
  ['no hash condition', { keyConditions: new Map([['r', eq(1)]]) }, {}],
  ['another hash condition', {}, { h: { op: 'gt', value: value('a') } }],
  ['a hash of another type', {}, { h: eq(1) }],
  ['an empty hash', {}, { h: eq('') }],
  ['a long hash', {}, { h: eq('x'.repeat(2049)) }],
  ['a range of another type', {}, { r: eq('1') }],
  ['a range that is no scalar', {}, { r: { op: 'eq', value: { type: 'NS', value: ['1'] } } }],
  ['ends of two types', {}, { r: { op: 'between', low: value(1), high: value('2') } }],
  ['a condition on another attribute', {}, { extra: eq(1) }],
  ['a third condition', {}, { r: eq(1), extra: eq(1) }],
  ['an index that is not there', { index: 'by-other' }, {}],
  ["the table's range in an index", { index: 'by-text' }, { r: eq(1) }],
  ['a long range', { index: 'by-text' }, { text: eq(LONG) }],
  ['a long prefix', { index: 'by-text' }, { text: { op: 'begins_with', value: value(LONG) } }],
  ['a start key that lacks the range', { exclusiveStartKey: item({ h: 'a' }) }, {}],
  ['a start key of another type', { exclusiveStartKey: item({ h: 'a', r: 'x' }) }, {}],
  [
    'a start key of an index on the table',
    { exclusiveStartKey: item({ h: 'a', r: 1, text: 'x' }) },
    {},
  ],
  [
    'a start key of the table in an index',
    { index: 'by-text', exclusiveStartKey: item({ h: 'a', r: 1 }) },
    {},
  ],
  [
    'a long start key',
    { index: 'by-text', exclusiveStartKey: item({ h: 'a', r: 1, text: LONG }) },
    {},
  ],
  [
    'an empty start key',
    { index: 'by-text', exclusiveStartKey: item({ h: 'a', r: 1, text: '' }) },
    {},
  ],
]
for (const [what, parts, conditions] of BAD) {
  test(`Query is refused: ${what}`, async () => {
    const { fixture } = await withItems()
    assert.is(await outcomeOf(fixture.run(query, ask(parts, conditions))), 'validation')
    await fixture.close()
  })
}

test('Query on a table without range key finds the item of a hash key', async () => {
  const fixture = new EngineFixture()
  await fixture.create('table', HASH_ONLY)
  await fixture.run(putItem, { table: 'table', item: item({ h: 'a' }), returnValues: 'NONE' })
  const page = await fixture.run(query, ask({ limit: 1 }))
  assert.is(shown(page.lastEvaluatedKey), shown(item({ h: 'a' })))
  const next = await fixture.run(query, ask({ exclusiveStartKey: item({ h: 'a' }) }))
  assert.equal([next.count, next.lastEvaluatedKey], [0, undefined])
  assert.is(await outcomeOf(fixture.run(query, ask({}, { r: eq(1) }))), 'validation')
  await fixture.close()
})

test('a Query page ends after the item that brings it to 1 MB', async () => {
  const fixture = new EngineFixture()
  await fixture.create('table', WITH_INDEXES)
  const random = seeded('page bytes')
  const sizes = Array.from({ length: 12 }, () => 1_000 + random.below(399_000))
  for (const [r, size] of sizes.entries()) {
    const big = item({ h: 'a', r, number: r, data: 'x'.repeat(size) })
    await fixture.run(putItem, { table: 'table', item: big, returnValues: 'NONE' })
  }
  for (const parts of [{}, { index: 'by-number' }, { forward: false }]) {
    const read = await pages(fixture, ask(parts))
    const readSizes = read.map(({ items = [] }) => items.map(({ json }) => json.length))
    assert.is(readSizes.flat().length, sizes.length)
    for (const [i, page] of readSizes.entries()) {
      const before = page.slice(0, -1).reduce((a, b) => a + b, 0)
      assert.ok(before < 1024 * 1024 + 1000, 'a page goes on no further')
      const bytes = before + (page.at(-1) ?? 0)
      if (i < read.length - 1) assert.ok(bytes >= 1024 * 1024 - 1000, `ends at ${bytes} bytes`)
    }
  }
  await fixture.close()
})

test('a Query page beyond an index fetches a bounded number of items', async () => {
  const fixture = new EngineFixture()
  await fixture.create('table', WITH_INDEXES)
  const writes = Array.from({ length: 1_100 }, (_, r) =>
    fixture.run(putItem, {
      ...{ table: 'table', returnValues: 'NONE' as const },
      item: item({ h: 'a', r, number: r, other: 'x' }),
    }),
  )
  await Promise.all(writes)
  for (const parts of [{}, { limit: 5_000 }]) {
    const read = await pages(fixture, ask({ index: 'by-number', ...parts }))
    assert.equal(
      read.map(({ count }) => count),
      [1_000, 100],
    )
  }
  await fixture.close()
})

test('Query skips an index entry whose item has changed since', async () => {
  const { fixture, items } = await withItems()
  const { getMany } = fixture.driver
  const moved = item({ h: 'a', r: -5, number: 9 })
  fixture.driver.getMany = async (...call) => {
    await fixture.run(putItem, { table: 'table', item: moved, returnValues: 'NONE' })
    return getMany.apply(fixture.driver, call)
  }
  const page = await fixture.run(query, ask({ index: 'by-number', limit: 5 }))
  assert.equal(allShown(page.items ?? []), allShown(items.slice(1, 5)))
  assert.equal([page.count, page.scannedCount], [4, 5])
  await fixture.close()
})

test.run()
