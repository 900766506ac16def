import * as assert from 'uvu/assert'
import { StoredItem } from '../../../src/engine/format/stored-item.ts'
import { usageOf, type WriteUsage, type Written } from '../../../src/engine/items/written.ts'
import { type Item, itemSizeBytes } from '../../../src/model/attribute-value.ts'
import { MagnetoDBError } from '../../../src/model/errors.ts'
import { finished } from '../../../src/model/steps.ts'
import { batchGetItem } from '../../../src/operations/batches/batch-get-item.ts'
import { batchWriteItem } from '../../../src/operations/batches/batch-write-item.ts'
import { deleteItem } from '../../../src/operations/items/delete-item.ts'
import { getItem } from '../../../src/operations/items/get-item.ts'
import { ConditionFailedError } from '../../../src/operations/items/item-write.ts'
import { type PutItem, putItem } from '../../../src/operations/items/put-item.ts'
import { query } from '../../../src/operations/items/query.ts'
import { scan } from '../../../src/operations/items/scan.ts'
import { updateItem } from '../../../src/operations/items/update-item.ts'
import type { TableCheck } from '../../../src/operations/operation.ts'
import { EngineFixture, HASH_ONLY, outcomeOf, WITH_INDEXES } from '../../engine/engine-fixture.ts'
import { item, shown, value } from '../../engine/short-items.ts'
import { absent, add, exists, put, remove } from '../../expression/short-expressions.ts'
import { suite } from '../../support/suite.ts'

/** The usage that operations report, and refusals by a wire's own checks. */

const test = suite('usage')

const NONE = { table: 'table', returnValues: 'NONE' } as const
const KEY = item({ h: 'a', r: 1 })
const SMALL = item({ h: 'a', r: 1, number: 5, other: 'x' })
const LARGE = item({ h: 'a', r: 1, number: 5, other: 'x'.repeat(5_000) })
const MOVED = item({ h: 'a', r: 1, number: 6, other: 'x' })
/** The size of the item's entry in the index of numbers. */
const ENTRY = itemSizeBytes(item({ h: 'a', r: 1, number: 5 }))
const [SMALL_BYTES, LARGE_BYTES] = [SMALL, LARGE].map(itemSizeBytes)

async function withTable(parts = WITH_INDEXES): Promise<EngineFixture> {
  const fixture = new EngineFixture()
  await fixture.create('table', parts)
  return fixture
}

const used = (written: Written) => finished(usageOf(written))

/** A usage in the table with three indexes. */
function usage(bytes: number | undefined, ...number: number[]): WriteUsage {
  const indexes = { 'by-text': [], 'by-number': number, 'by-binary': [] }
  return { item: bytes ?? 0, indexes: new Map(Object.entries(indexes)) }
}

test('a write counts the larger of two items, and changed index entries', async () => {
  const fixture = await withTable()
  const puts = async (next: Item, more: Partial<PutItem> = {}) =>
    used((await fixture.run(putItem, { ...NONE, item: next, ...more })).written)
  assert.equal(await puts(SMALL), usage(SMALL_BYTES, ENTRY), 'made')
  assert.equal(await puts(LARGE), usage(LARGE_BYTES), 'the entry stays as it is')
  assert.equal(await puts(SMALL), usage(LARGE_BYTES), 'the old one was larger')
  assert.equal(await puts(MOVED), usage(SMALL_BYTES, ENTRY, ENTRY), 'the entry has moved')
  const removed = await fixture.run(deleteItem, { ...NONE, key: KEY })
  assert.equal(used(removed.written), usage(SMALL_BYTES, ENTRY))
  const nothing = await fixture.run(deleteItem, { ...NONE, key: KEY })
  assert.equal(used(nothing.written), usage(0))
  await fixture.close()
})

test('an index entry that changes in place counts once', async () => {
  const fixture = await withTable()
  const [first, second] = ['x', 'xx'].map((extra) =>
    item({ ...{ h: 'a', r: 1 }, text: 't', extra }),
  )
  await fixture.run(putItem, { ...NONE, item: first as Item })
  const { written } = await fixture.run(putItem, { ...NONE, item: second as Item })
  const bytes = itemSizeBytes(second as Item)
  assert.equal(used(written).indexes.get('by-text'), [bytes])
  await fixture.close()
})

test('an update that creates an item counts it, one without effect counts 0', async () => {
  const fixture = await withTable()
  const update = async (...updates: Parameters<typeof add>[]) =>
    fixture.run(updateItem, { ...NONE, key: KEY, updates: updates.map((each) => add(...each)) })
  const made = await update(['number', value(5)])
  assert.equal(used(made.written), usage(ENTRY, ENTRY))
  const nothing = { ...NONE, key: item({ h: 'b', r: 1 }), updates: [remove('number')] }
  assert.equal(used((await fixture.run(updateItem, nothing)).written), usage(0))
  await fixture.close()
})

test('a PutItem without condition counts only the new item', async () => {
  const fixture = await withTable(HASH_ONLY)
  const [old, next] = [item({ h: 'a', v: 'x'.repeat(999) }), item({ h: 'a' })] as const
  await fixture.run(putItem, { ...NONE, item: old })
  const blind = await fixture.run(putItem, { ...NONE, item: next })
  assert.equal(used(blind.written), { item: itemSizeBytes(next), indexes: new Map() })
  await fixture.run(putItem, { ...NONE, item: old })
  const condition = exists('h')
  const seen = await fixture.run(putItem, { ...NONE, item: next, condition })
  assert.is(used(seen.written).item, itemSizeBytes(old))
  await fixture.close()
})

test('BatchWriteItem returns usage only if it is requested', async () => {
  const fixture = await withTable()
  await fixture.run(putItem, { ...NONE, item: LARGE })
  const writes = [{ put: MOVED }, { delete: item({ h: 'b', r: 1 }) }]
  const requests = [{ table: 'table', writes }]
  const measured = await fixture.run(batchWriteItem, { requests, measured: true })
  assert.equal(measured.usage?.get('table'), [usage(LARGE_BYTES, ENTRY, ENTRY), usage(0)])
  assert.equal(await fixture.run(batchWriteItem, { requests }), { unprocessed: [] })
  await fixture.close()
})

test('reads return the size of the items that they have read', async () => {
  const fixture = await withTable()
  await fixture.run(putItem, { ...NONE, item: LARGE })
  const get = (key: Item) => fixture.run(getItem, { table: 'table', key, consistentRead: true })
  assert.is((await get(KEY)).bytes, LARGE_BYTES)
  assert.is((await get(item({ h: 'b', r: 1 }))).bytes, 0)
  const keys = [KEY, item({ h: 'b', r: 1 })]
  const requests = [{ table: 'table', keys, consistentRead: true }]
  const { bytes } = await fixture.run(batchGetItem, { requests })
  assert.equal(bytes.get('table')?.toSorted(), [0, LARGE_BYTES])
  const read = { table: 'table', select: 'ALL_ATTRIBUTES', consistentRead: true } as const
  const all = { ...read, segment: 0, totalSegments: 1 }
  const filtered = await fixture.run(scan, { ...all, filter: absent('h') })
  assert.equal([filtered.count, filtered.bytes], [0, LARGE_BYTES], 'before the filter')
  assert.is((await fixture.run(scan, { ...all, filter: absent('h') })).fetchedBytes, undefined)
  const keyConditions = new Map([['h', { op: 'eq', value: value('a') } as const]])
  const ofIndex = { ...read, keyConditions, forward: true, index: 'by-number' }
  const beyond = await fixture.run(query, ofIndex)
  assert.equal([beyond.bytes, beyond.fetchedBytes], [ENTRY, [LARGE_BYTES]])
  const within = await fixture.run(query, { ...ofIndex, select: 'ALL_PROJECTED_ATTRIBUTES' })
  assert.equal([within.bytes, within.fetchedBytes], [ENTRY, undefined])
  await fixture.close()
})

test('a failed condition returns the old item', async () => {
  const fixture = await withTable(HASH_ONLY)
  const key = item({ h: 'a' })
  const failed = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    assert.instance(error, ConditionFailedError)
    const { old, reason } = error as ConditionFailedError
    assert.is(reason.is, 'condition_failed')
    if (old) assert.instance(old, StoredItem)
    return shown(old?.encoded)
  }
  const condition = exists('v')
  assert.is(await failed(fixture.run(deleteItem, { ...NONE, key, condition })), 'nothing')
  await fixture.run(putItem, { ...NONE, item: item({ h: 'a', w: 1 }) })
  const there = shown(item({ h: 'a', w: 1 }))
  assert.is(await failed(fixture.run(deleteItem, { ...NONE, key, condition })), there)
  assert.is(await failed(fixture.run(putItem, { ...NONE, item: key, condition })), there)
  const updates = [put('w', value(2))]
  assert.is(await failed(fixture.run(updateItem, { ...NONE, key, updates, condition })), there)
  await fixture.close()
})

test("a wire's check of the definition refuses a command before storage is read", async () => {
  const fixture = await withTable()
  await fixture.run(putItem, { ...NONE, item: SMALL })
  const check: TableCheck = ({ name }) => {
    throw new MagnetoDBError({ is: 'invalid_request', message: name })
  }
  const read = { table: 'table', select: 'ALL_ATTRIBUTES', consistentRead: true, check } as const
  const keyConditions = new Map([['h', { op: 'eq', value: value('a') } as const]])
  const keys = { table: 'table', keys: [KEY], consistentRead: true, check }
  for (const work of [
    () => fixture.run(putItem, { ...NONE, item: MOVED, check }),
    () => fixture.run(updateItem, { ...NONE, key: KEY, updates: [], check }),
    () => fixture.run(deleteItem, { ...NONE, key: KEY, check }),
    () => fixture.run(getItem, { table: 'table', key: KEY, consistentRead: true, check }),
    () => fixture.run(query, { ...read, keyConditions, forward: true }),
    () => fixture.run(scan, { ...read, segment: 0, totalSegments: 1 }),
    () => fixture.run(batchGetItem, { requests: [keys] }),
    () =>
      fixture.run(batchWriteItem, {
        requests: [{ table: 'table', writes: [{ put: MOVED }], check }],
      }),
  ]) {
    assert.is(await outcomeOf(work()), 'validation')
    assert.is(fixture.cost.requests, 0)
  }
  assert.is(shown(await fixture.get('table', KEY)), shown(SMALL))
  await fixture.close()
})

test.run()
