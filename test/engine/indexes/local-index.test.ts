import * as assert from 'uvu/assert'
import {
  ITEM_RANGE,
  indexEntrySort,
  itemSortOfEntry,
} from '../../../src/engine/format/key-codec.ts'
import { encodedEntryOf, entryItemSizeBytes } from '../../../src/engine/format/value-codec.ts'
import { projectedAttributes, select } from '../../../src/engine/indexes/local-index.ts'
import { type Item, itemSizeBytes, type ScalarValue } from '../../../src/model/attribute-value.ts'
import { compareScalars } from '../../../src/model/scalar-order.ts'
import { keyOf, type TableDefinition } from '../../../src/model/table.ts'
import { readItem } from '../../../src/model/typed-json.ts'
import { batchWriteItem } from '../../../src/operations/batches/batch-write-item.ts'
import { deleteItem } from '../../../src/operations/items/delete-item.ts'
import { putItem } from '../../../src/operations/items/put-item.ts'
import { query } from '../../../src/operations/items/query.ts'
import { scan } from '../../../src/operations/items/scan.ts'
import { updateItem } from '../../../src/operations/items/update-item.ts'
import type { Row } from '../../../src/storage/driver.ts'
import { put, remove } from '../../expression/short-expressions.ts'
import { type Seeded, seeded } from '../../seeded.ts'
import { sortsOf, TableFixture } from '../../storage/contract/table-fixture.ts'
import { suite } from '../../support/suite.ts'
import { EngineFixture, INDEX_NAMES, WITH_INDEXES } from '../engine-fixture.ts'
import { randomIndexedItem } from '../random-items.ts'
import { allShown, item, shown, value } from '../short-items.ts'

const test = suite('local index')

const HASHES = ['a', 'b']
const KEY = WITH_INDEXES.key

/** The expected items of the table. */
type Model = Map<string, Item>

function place(key: Item): string {
  return shown(keyOf(key, KEY))
}

/** Applies one random write to the table and to the model. */
async function write(fixture: EngineFixture, model: Model, random: Seeded): Promise<void> {
  const next = randomIndexedItem(random)
  const key = keyOf(next, KEY)
  const request = { table: 'table', returnValues: 'NONE' } as const
  switch (random.below(5)) {
    case 0:
      await fixture.run(deleteItem, { ...request, key })
      model.delete(place(key))
      return
    case 1: {
      const removed = random.pick(['text', 'number', 'binary', 'other'])
      const extra = value(random.below(9))
      const updates = [remove(removed), put('extra', extra)]
      await fixture.run(updateItem, { ...request, key, updates })
      const updated = new Map(model.get(place(key)) ?? key)
      updated.delete(removed)
      model.set(place(key), updated.set('extra', extra))
      return
    }
    case 2:
      await batch(fixture, model, random)
      return
    default:
      await fixture.run(putItem, { ...request, item: next })
      model.set(place(key), next)
  }
}

async function batch(fixture: EngineFixture, model: Model, random: Seeded): Promise<void> {
  const puts = new Map<string, Item>()
  for (let count = 1 + random.below(5); count > 0; count--) {
    const each = randomIndexedItem(random)
    puts.set(place(each), each)
  }
  const writes = [...puts.values()].map((each) =>
    random.below(3) === 0 ? { delete: keyOf(each, KEY) } : { put: each },
  )
  const { unprocessed } = await fixture.run(batchWriteItem, {
    requests: [{ table: 'table', writes }],
  })
  assert.is(unprocessed.length, 0)
  for (const each of writes) {
    if (each.put) model.set(place(each.put), each.put)
    else if (each.delete) model.delete(place(each.delete))
  }
}

function scalarOf(from: Item, name: string): ScalarValue {
  return from.get(name) as ScalarValue
}

/** Every row of a partition must be an item of the model, or one of its entries with its
 * version. */
async function checkRows(rows: readonly Row[], definition: TableDefinition, items: Item[]) {
  const isItem = ({ sort }: Row): boolean =>
    sort.compare(ITEM_RANGE.to ?? sort) < 0 && sort.compare(ITEM_RANGE.from ?? sort) >= 0
  const versions = new Map(
    rows.filter(isItem).map((row) => [row.sort.toString('hex'), row.version.toString('hex')]),
  )
  assert.is(versions.size, items.length)
  const entries = rows.filter((row) => !isItem(row))
  for (const { sort, version } of entries) {
    const itemSort = itemSortOfEntry(sort).toString('hex')
    assert.is(version.toString('hex'), versions.get(itemSort), 'an entry is of its item’s version')
  }
  const expected = definition.indexes.flatMap((index) =>
    items
      .filter((each) => each.has(index.range))
      .map((each) => ({
        sort: indexEntrySort(index.number, scalarOf(each, index.range), scalarOf(each, 'r')),
        shown: shown(select(each, projectedAttributes(definition, index))),
        size: itemSizeBytes(each),
        rowSize: itemSizeBytes(select(each, projectedAttributes(definition, index))),
      })),
  )
  expected.sort((a, b) => a.sort.compare(b.sort))
  assert.equal(
    sortsOf(entries),
    expected.map(({ sort }) => sort.toString('hex')),
  )
  for (const [i, { value: stored, size }] of entries.entries()) {
    assert.is(size, expected[i]?.rowSize)
    assert.is(shown(encodedEntryOf(stored)), expected[i]?.shown)
    assert.is(entryItemSizeBytes(stored), expected[i]?.size)
  }
}

const ASKED = { keyConditions: new Map(), consistentRead: true, forward: true } as const

/** A query of the index must return the model's items in the order of the index. */
async function checkIndex(fixture: EngineFixture, name: string, hash: string, items: Item[]) {
  const keyConditions = new Map([['h', { op: 'eq' as const, value: value(hash) }]])
  const ask = {
    ...ASKED,
    table: 'table',
    index: name,
    keyConditions,
    select: 'ALL_ATTRIBUTES' as const,
  }
  const found = await fixture.run(query, ask)
  const range = name.replace('by-', '')
  const sorted = items
    .filter((each) => each.has(range))
    .toSorted(
      (a, b) =>
        compareScalars(
          scalarOf(a, range).type,
          scalarOf(a, range).value,
          scalarOf(b, range).value,
        ) || compareScalars('N', scalarOf(a, 'r').value, scalarOf(b, 'r').value),
    )
  assert.equal(allShown(found.items ?? []), allShown(sorted))
  assert.is(found.count, sorted.length)
}

test('index entries follow every change of their items', async () => {
  const random = seeded('local indexes')
  const fixture = new EngineFixture()
  const definition = await fixture.create('table', WITH_INDEXES)
  const table = new TableFixture(
    fixture.driver,
    Buffer.from(definition.id.replaceAll('-', ''), 'hex'),
  )
  const model: Model = new Map()
  for (let round = 0; round < 400; round++) {
    await write(fixture, model, random)
    for (const hash of HASHES) {
      const items = [...model.values()].filter((each) => scalarOf(each, 'h').value === hash)
      await checkRows(await table.rows(Buffer.from(hash)), definition, items)
      for (const name of INDEX_NAMES) await checkIndex(fixture, name, hash, items)
    }
    const scanned = await fixture.run(scan, {
      ...{ table: 'table', select: 'ALL_ATTRIBUTES', consistentRead: true },
      ...{ segment: 0, totalSegments: 1 },
    })
    assert.equal(allShown(scanned.items ?? []).sort(), allShown(model.values()).sort())
  }
  await fixture.close()
})

test('concurrent writers through two engines leave no stale index entry', async () => {
  const random = seeded('concurrent index writers')
  const one = new EngineFixture()
  const two = new EngineFixture({ driver: one.driver })
  const definition = await one.create('table', WITH_INDEXES)
  const table = new TableFixture(one.driver, Buffer.from(definition.id.replaceAll('-', ''), 'hex'))
  for (let round = 0; round < 20; round++) {
    await Promise.all(
      Array.from({ length: 12 }, (_, i) => write(i % 2 ? one : two, new Map(), random)),
    )
    for (const hash of HASHES) {
      const keyConditions = new Map([['h', { op: 'eq' as const, value: value(hash) }]])
      const found = await one.run(query, {
        ...{ ...ASKED, table: 'table', keyConditions, select: 'ALL_ATTRIBUTES' },
      })
      const items = (found.items ?? []).map((each) => readItem(each.json))
      await checkRows(await table.rows(Buffer.from(hash)), definition, items)
    }
  }
  await one.close()
  await two.close()
})

test('an index entry expires with its item', async () => {
  const fixture = new EngineFixture({ now: () => 1_000_000 })
  const { id } = await fixture.create('table', WITH_INDEXES)
  const table = new TableFixture(fixture.driver, Buffer.from(id.replaceAll('-', ''), 'hex'))
  const put = { table: 'table', returnValues: 'NONE', timeToLiveSeconds: 60 } as const
  await fixture.run(putItem, { ...put, item: item({ h: 'a', r: 1, text: 'x' }) })
  const rows = await table.rows(Buffer.from('a'))
  assert.equal(
    rows.map(({ expiresAt }) => expiresAt),
    [1_060, 1_060],
  )
  await fixture.close()
})

test('an item has an index entry only while it has the attribute', async () => {
  const fixture = new EngineFixture()
  const { id } = await fixture.create('table', WITH_INDEXES)
  const table = new TableFixture(fixture.driver, Buffer.from(id.replaceAll('-', ''), 'hex'))
  const rows = async () => (await table.rows(Buffer.from('a'))).length
  const put = { table: 'table', returnValues: 'NONE' } as const
  await fixture.run(putItem, { ...put, item: item({ h: 'a', r: 1 }) })
  assert.is(await rows(), 1)
  await fixture.run(putItem, { ...put, item: item({ h: 'a', r: 1, text: 'x', number: 1 }) })
  assert.is(await rows(), 3)
  await fixture.run(putItem, { ...put, item: item({ h: 'a', r: 1, text: 'y' }) })
  assert.is(await rows(), 2)
  await fixture.run(deleteItem, { ...put, key: item({ h: 'a', r: 1 }) })
  assert.is(await rows(), 0)
  await fixture.close()
})

test.run()
