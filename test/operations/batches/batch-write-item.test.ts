import * as assert from 'uvu/assert'
import { messageOf } from '../../../src/dialect/magnetodb/messages.ts'
import type { Item } from '../../../src/model/attribute-value.ts'
import type { MagnetoDBError } from '../../../src/model/errors.ts'
import {
  batchWriteItem,
  type TableWrites,
} from '../../../src/operations/batches/batch-write-item.ts'
import { deleteTable } from '../../../src/operations/tables/delete-table.ts'
import { StorageUnavailableError } from '../../../src/storage/driver.ts'
import {
  EngineFixture,
  HASH_ONLY,
  isOfTenant,
  outcomeOf,
  WITH_INDEXES,
} from '../../engine/engine-fixture.ts'
import { item, longNumbers, shown } from '../../engine/short-items.ts'
import { type Fault, type FaultScript, faulty } from '../../storage/faulty-driver.ts'
import { WornDriver } from '../../storage/worn-driver.ts'
import { suite } from '../../support/suite.ts'

const test = suite('batch_write_item')

/** A plain table `one` and an indexed table `two`. Faults affect only writes of items. */
async function withTables(script: FaultScript = () => undefined) {
  const driver = faulty(new WornDriver(), (call) =>
    call.method === 'commit' && call.table.readUInt32BE(0) !== 0 ? script(call) : undefined,
  )
  const fixture = new EngineFixture({ driver })
  await fixture.create('one', HASH_ONLY)
  await fixture.create('two', WITH_INDEXES)
  const write = (...requests: TableWrites[]) => fixture.run(batchWriteItem, { requests })
  return { fixture, write }
}

const put = (put: Item) => ({ put })
const plain = (h: string, v = 1): Item => item({ h, v })
const indexed = (h: string, r: number): Item => item({ h, r, text: 'x', number: r })

test('BatchWriteItem puts and deletes in several tables and partitions', async () => {
  const { fixture, write } = await withTables()
  const two = [1, 2, 3].map((r) => put(indexed('a', r)))
  const first = await write(
    { table: 'one', writes: [put(plain('a')), put(plain('b'))] },
    { table: 'two', writes: two },
  )
  assert.equal(first.unprocessed, [])
  const second = await write(
    { table: 'one', writes: [put(plain('a', 2)), { delete: item({ h: 'b' }) }] },
    {
      table: 'two',
      writes: [{ delete: item({ h: 'a', r: 1 }) }, { delete: item({ h: 'x', r: 1 }) }],
    },
  )
  assert.equal(second.unprocessed, [])
  assert.is(shown(await fixture.get('one', item({ h: 'a' }))), shown(plain('a', 2)))
  assert.is(await fixture.get('one', item({ h: 'b' })), undefined)
  assert.is(await fixture.get('two', item({ h: 'a', r: 1 })), undefined)
  assert.is(shown(await fixture.get('two', item({ h: 'a', r: 2 }))), shown(indexed('a', 2)))
  await fixture.close()
})

const BAD: readonly (readonly [string, readonly TableWrites[], string])[] = [
  ['an item without key', [{ table: 'one', writes: [put(item({ v: 1 }))] }], 'validation'],
  ['a key that is too much', [{ table: 'one', writes: [{ delete: plain('z') }] }], 'validation'],
  [
    'a large item',
    [{ table: 'one', writes: [put(item({ h: 'z', d: 'x'.repeat(409_600) }))] }],
    'validation',
  ],
  [
    'an item that is too long as JSON',
    [{ table: 'one', writes: [put(plain('z')), put(item({ h: 'y', set: longNumbers(21_500) }))] }],
    'validation',
  ],
  ['a key twice', [{ table: 'one', writes: [put(plain('z')), put(plain('z', 2))] }], 'validation'],
  [
    'a put and a delete of one key',
    [{ table: 'one', writes: [put(plain('z')), { delete: item({ h: 'z' }) }] }],
    'validation',
  ],
  [
    'numerically equal keys',
    [{ table: 'two', writes: [put(indexed('z', 1.0)), put(indexed('z', 1))] }],
    'validation',
  ],
  ['an unknown table', [{ table: 'three', writes: [put(plain('z'))] }], 'table_not_found'],
  [
    'an unknown table behind a bad item',
    [
      { table: 'one', writes: [put(item({ v: 1 }))] },
      { table: 'three', writes: [put(plain('z'))] },
    ],
    'table_not_found',
  ],
]
for (const [what, bad, code] of BAD) {
  test(`BatchWriteItem with ${what} is refused before the first write`, async () => {
    const { fixture, write } = await withTables()
    await fixture.create('good', HASH_ONLY)
    const good = { table: 'good', writes: [put(plain('a'))] }
    // Caches the table's definition, so that errors in its items are found at once.
    await write({ table: 'one', writes: [put(plain('y'))] })
    assert.is(await outcomeOf(write(good, ...bad)), code)
    assert.is(await fixture.get('good', item({ h: 'a' })), undefined)
    assert.is(await fixture.get('one', item({ h: 'z' })), undefined)
    await fixture.close()
  })
}

test('BatchWriteItem with a duplicate names its key', async () => {
  const { fixture, write } = await withTables()
  const error = await write({ table: 'one', writes: [put(plain('z')), put(plain('z'))] }).catch(
    (failure: MagnetoDBError) => messageOf(failure.reason),
  )
  assert.match(
    String(error),
    `More than one operation requested for item with keys ({"S":"z"}) in table 'one'`,
  )
  await fixture.close()
})

for (const fault of ['unavailable', 'lost-unknown'] as const) {
  test(`after "${fault}" a write is unprocessed, and the others are applied`, async () => {
    const { fixture, write } = await withTables(({ commit }) =>
      commit?.put.some(({ value }) => value.includes('poison')) ? { fault } : undefined,
    )
    const bad = item({ h: 'b', v: 'poison' })
    const { unprocessed } = await write({
      table: 'one',
      writes: [put(plain('a')), put(bad), put(plain('c'))],
    })
    assert.equal(unprocessed, [{ table: 'one', writes: [put(bad)] }])
    assert.ok(await fixture.get('one', item({ h: 'a' })))
    assert.ok(await fixture.get('one', item({ h: 'c' })))
    await fixture.close()
  })
}

/** Commits with an unknown outcome, which are applied when `begin` is called. */
function lateCommits() {
  let begin = () => {}
  const begun = new Promise<void>((resolve) => {
    begin = resolve
  })
  const fault: Fault = { fault: 'late-unknown', begun }
  return { fault, begin: () => begin() }
}

test('BatchWriteItem with a write still under way fails with outcome_unknown', async () => {
  const { fault, begin } = lateCommits()
  let isSlow = true
  const { fixture, write } = await withTables(({ commit }) =>
    isSlow && commit?.put.some(({ value }) => value.includes('late')) ? fault : undefined,
  )
  const late = put(item({ h: 'b', v: 'late' }))
  const outcome = await outcomeOf(write({ table: 'one', writes: [put(plain('a')), late] }))
  isSlow = false
  // The client takes the write for unprocessed, and sends it again.
  await write({ table: 'one', writes: [late] })
  await write({ table: 'one', writes: [{ delete: item({ h: 'b' }) }] })
  begin()
  await new Promise(setImmediate)
  assert.ok(await fixture.get('one', item({ h: 'b' })), 'it is back')
  assert.is(outcome, 'outcome_unknown')
  await fixture.close()
})

test('a write that requires a version is unprocessed, and cannot be applied late', async () => {
  const { fault, begin } = lateCommits()
  let isSlow = false
  const { fixture, write } = await withTables(({ commit }) =>
    isSlow && commit?.put.some(({ value }) => value.includes('late')) ? fault : undefined,
  )
  const key = item({ h: 'a', r: 1 })
  await write({ table: 'two', writes: [put(indexed('a', 1))] })
  isSlow = true
  const late = { table: 'two', writes: [put(item({ h: 'a', r: 1, text: 'late' }))] }
  const { unprocessed } = await write(late, { table: 'one', writes: [put(plain('a'))] })
  assert.equal(unprocessed, [late])
  isSlow = false
  await write(late)
  await write({ table: 'two', writes: [{ delete: key }] })
  begin()
  await new Promise(setImmediate)
  assert.is(await fixture.get('two', key), undefined, 'it stays deleted')
  await fixture.close()
})

test('BatchWriteItem reports an unknown outcome rather than unavailable', async () => {
  const { fixture, write } = await withTables(({ commit }) => ({
    fault: commit?.put.some(({ value }) => value.includes('"2"')) ? 'lost-unknown' : 'unavailable',
  }))
  const failed = write({ table: 'one', writes: [put(plain('a', 1)), put(plain('b', 2))] })
  assert.is(await outcomeOf(failed), 'outcome_unknown')
  await fixture.close()
})

test('BatchWriteItem fails if nothing could be written', async () => {
  const { fixture, write } = await withTables(() => ({ fault: 'unavailable' }))
  const failed = write({ table: 'one', writes: [put(plain('a')), put(plain('b'))] })
  assert.instance(await failed.catch((reason: unknown) => reason), StorageUnavailableError)
  await fixture.close()
})

test('BatchWriteItem writes 25 items of 400 KB, in commits of bounded bytes', async () => {
  let largest = 0
  const { fixture, write } = await withTables(({ commit }) => {
    const bytes = commit?.put.reduce((sum, row) => sum + row.value.length, 0) ?? 0
    largest = Math.max(largest, bytes)
    return undefined
  })
  const data = 'x'.repeat(409_000)
  const writes = Array.from({ length: 25 }, (_, r) => put(item({ h: 'a', r, text: 'x', data })))
  assert.equal((await write({ table: 'two', writes })).unprocessed, [])
  assert.ok(largest > 409_000 && largest < 5 * 1024 * 1024, `${largest} bytes`)
  for (const r of [0, 24]) assert.ok(await fixture.get('two', item({ h: 'a', r })))
  await fixture.close()
})

test('BatchWriteItem writes items with long JSON in commits of bounded bytes', async () => {
  let largest = 0
  const { write } = await withTables(({ commit }) => {
    const bytes = commit?.put.reduce((sum, row) => sum + row.value.length, 0) ?? 0
    largest = Math.max(largest, bytes)
    return undefined
  })
  const set = longNumbers(9_000)
  const writes = Array.from({ length: 15 }, (_, r) => put(item({ h: 'a', r, set })))
  assert.equal((await write({ table: 'two', writes })).unprocessed, [])
  assert.ok(largest > 1024 * 1024 && largest < 2 * 1024 * 1024, `${largest} bytes`)
})

test('writes checked against a table that was re-created are unprocessed', async () => {
  const { fixture, write } = await withTables()
  const { commit } = fixture.driver
  fixture.driver.commit = async (...call) => {
    if (!isOfTenant(call[0])) return commit(...call)
    fixture.driver.commit = commit
    await fixture.run(deleteTable, { table: 'one' })
    while ((await outcomeOf(fixture.create('one', WITH_INDEXES))) === 'table_exists') {
      await new Promise(setImmediate)
    }
    return commit(...call)
  }
  const { unprocessed } = await write(
    { table: 'one', writes: [put(plain('a'))] },
    { table: 'two', writes: [put(indexed('a', 1))] },
  )
  assert.equal(unprocessed, [{ table: 'one', writes: [put(plain('a'))] }])
  assert.ok(await fixture.get('two', item({ h: 'a', r: 1 })))
  await fixture.close()
})

test.run()
