import * as assert from 'uvu/assert'
import { isExpired } from '../../src/engine/format/stored-item.ts'
import { batchGetItem } from '../../src/operations/batches/batch-get-item.ts'
import { deleteItem } from '../../src/operations/items/delete-item.ts'
import { putItem } from '../../src/operations/items/put-item.ts'
import { query } from '../../src/operations/items/query.ts'
import { scan } from '../../src/operations/items/scan.ts'
import { updateItem } from '../../src/operations/items/update-item.ts'
import { absent, exists, put } from '../expression/short-expressions.ts'
import { suite } from '../support/suite.ts'
import { EngineFixture, outcomeOf, WITH_INDEXES } from './engine-fixture.ts'
import { allShown, item, shown, value } from './short-items.ts'

const test = suite('expiry')

const START_MS = 1_700_000_000_000
const KEY = item({ h: 'a', r: 1 })
const EXPIRING = item({ h: 'a', r: 1, number: 1, text: 'x', v: 'old' })
const LASTING = item({ h: 'a', r: 2, number: 2, text: 'y' })
const NONE = { table: 'table', returnValues: 'NONE' } as const
const ALL_OLD = { table: 'table', returnValues: 'ALL_OLD' } as const

test('an expiry of 0 never expires; any other expires at its second', () => {
  assert.is(isExpired({ expiresAt: 0 }, 1e12), false)
  assert.is(isExpired({ expiresAt: 100 }, 99.999), false)
  assert.is(isExpired({ expiresAt: 100 }, 100), true)
})

/** One item that never expires and one that expires after 60 seconds. `wait` moves the clock. */
async function withItems() {
  let now = START_MS
  const fixture = new EngineFixture({ now: () => now })
  await fixture.create('table', WITH_INDEXES)
  await fixture.run(putItem, { ...NONE, item: EXPIRING, timeToLiveSeconds: 60 })
  await fixture.run(putItem, { ...NONE, item: LASTING })
  const wait = (seconds: number) => {
    now += seconds * 1_000
  }
  return { fixture, wait }
}

/** The results of all kinds of reads of the table. */
async function read(fixture: EngineFixture): Promise<string[][]> {
  const keyConditions = new Map([['h', { op: 'eq' as const, value: value('a') }]])
  const asked = { table: 'table', select: 'ALL_ATTRIBUTES', consistentRead: true } as const
  const pages = [
    await fixture.run(query, { ...asked, keyConditions, forward: true }),
    await fixture.run(query, { ...asked, keyConditions, forward: false, index: 'by-text' }),
    await fixture.run(query, { ...asked, keyConditions, forward: true, index: 'by-number' }),
    await fixture.run(scan, { ...asked, segment: 0, totalSegments: 1 }),
  ]
  const batch = await fixture.run(batchGetItem, {
    requests: [{ table: 'table', keys: [KEY, item({ h: 'a', r: 2 })], consistentRead: true }],
  })
  const one = await fixture.get('table', KEY)
  return [
    ...pages.map(({ items }) => allShown(items ?? []).sort()),
    allShown(batch.responses.get('table') ?? []).sort(),
    allShown([...(one ? [one] : []), LASTING]).sort(),
  ]
}

test('reads do not show an item from its expiry second on', async () => {
  const { fixture, wait } = await withItems()
  wait(59)
  const both = allShown([EXPIRING, LASTING]).sort()
  for (const found of await read(fixture)) assert.equal(found, both)
  wait(1)
  for (const found of await read(fixture)) assert.equal(found, allShown([LASTING]))
  await fixture.close()
})

test('a COUNT does not include an item from its expiry second on', async () => {
  const { fixture, wait } = await withItems()
  const keyConditions = new Map([['h', { op: 'eq' as const, value: value('a') }]])
  const asked = { table: 'table', select: 'COUNT', consistentRead: true } as const
  const counts = async () => {
    const pages = [
      await fixture.run(query, { ...asked, keyConditions, forward: true }),
      await fixture.run(query, { ...asked, keyConditions, forward: true, index: 'by-number' }),
      await fixture.run(scan, { ...asked, segment: 0, totalSegments: 1 }),
    ]
    return pages.map(({ count, scannedCount }) => [count, scannedCount])
  }
  assert.equal(await counts(), Array(3).fill([2, 2]))
  wait(60)
  assert.equal(await counts(), Array(3).fill([1, 2]))
  await fixture.close()
})

test('a write treats an expired item as absent', async () => {
  const isThere = exists('h')
  const isAbsent = absent('h')
  const { fixture, wait } = await withItems()
  wait(60)
  const conditional = fixture.run(deleteItem, { ...NONE, key: KEY, condition: isThere })
  assert.is(await outcomeOf(conditional), 'condition_failed')
  assert.is((await fixture.run(deleteItem, { ...ALL_OLD, key: KEY })).attributes, undefined)
  await fixture.run(putItem, { ...NONE, item: EXPIRING, timeToLiveSeconds: 60 })
  wait(60)
  const replaced = await fixture.run(putItem, { ...ALL_OLD, item: EXPIRING, condition: isAbsent })
  assert.is(replaced.attributes, undefined)
  assert.is(shown(await fixture.get('table', KEY)), shown(EXPIRING))
  await fixture.close()
})

test('an update of an expired item creates a new item without expiry', async () => {
  const { fixture, wait } = await withItems()
  wait(60)
  const updates = [put('w', value('new'))]
  const updated = { ...NONE, key: KEY, updates, returnValues: 'ALL_NEW' } as const
  const { attributes } = await fixture.run(updateItem, updated)
  assert.is(shown(attributes), shown(item({ h: 'a', r: 1, w: 'new' })))
  wait(1_000_000)
  const found = (await read(fixture))[1]
  assert.equal(found, allShown([LASTING]), 'the old index entry went with the old item')
  assert.is(shown(await fixture.get('table', KEY)), shown(item({ h: 'a', r: 1, w: 'new' })))
  await fixture.close()
})

test.run()
