import { randomUUID } from 'node:crypto'
import * as assert from 'uvu/assert'
import { storableItem } from '../../src/engine/format/storable-item.ts'
import type { Item } from '../../src/model/attribute-value.ts'
import {
  HASH_KEY_BYTES_MAX,
  ITEM_JSON_BYTES_MAX,
  LOCAL_SECONDARY_INDEXES_MAX,
  RANGE_KEY_BYTES_MAX,
} from '../../src/model/limits.ts'
import { finished, settled } from '../../src/model/steps.ts'
import { batchWriteItem } from '../../src/operations/batches/batch-write-item.ts'
import { putItem } from '../../src/operations/items/put-item.ts'
import { query } from '../../src/operations/items/query.ts'
import type { StorageDriver } from '../../src/storage/driver.ts'
import { EngineFixture, localIndex } from '../engine/engine-fixture.ts'
import { item, longNumbers, shown, value } from '../engine/short-items.ts'
import type { Test } from '../support/suite.ts'

/** Milliseconds that a busy machine may need for tens of megabytes. */
const REQUEST_MS = 60_000

const H = 'h'.repeat(HASH_KEY_BYTES_MAX)
const RANGES = Array.from({ length: LOCAL_SECONDARY_INDEXES_MAX }, (_, n) => `i${n}`)

/** The longest keys. They consist of zero bytes, which take two bytes each in a sort. */
function longKey(last: number): Buffer {
  return Buffer.alloc(RANGE_KEY_BYTES_MAX).fill(last, RANGE_KEY_BYTES_MAX - 1)
}

/** An item of the maximum size with entries in all indexes. */
function largestItem(key: number): Item {
  const ranges = RANGES.map((name) => [name, longKey(key)])
  const base = { h: H, r: longKey(1), ...Object.fromEntries(ranges), set: longNumbers(20_000) }
  const bytes = finished(settled(storableItem(item({ ...base, text: '' })))).value.length
  return item({ ...base, text: 'x'.repeat(ITEM_JSON_BYTES_MAX - bytes) })
}

/** Tests that a storage engine can write the items and commits that take the most bytes. */
export function largestItems(test: Test, driver: () => StorageDriver): void {
  test('the largest item is put and replaced, with five full index entries', async () => {
    const fixture = new EngineFixture({ driver: driver(), projectId: randomUUID() })
    await fixture.create('table', {
      attributeTypes: new Map([
        ['h', 'S'],
        ...['r', ...RANGES].map((name) => [name, 'B'] as const),
      ]),
      localSecondaryIndexes: RANGES.map((range) => localIndex(range, { type: 'ALL' })),
    })
    for (const key of [1, 2]) {
      const put = { table: 'table', item: largestItem(key), returnValues: 'NONE' } as const
      await fixture.run(putItem, put, REQUEST_MS)
    }
    const key = item({ h: H, r: longKey(1) })
    assert.ok(shown(await fixture.get('table', key)) === shown(largestItem(2)), 'another item')
    for (const range of RANGES) {
      const found = await fixture.run(query, {
        table: 'table',
        keyConditions: new Map([['h', { op: 'eq', value: value(H) } as const]]),
        index: `by-${range}`,
        select: 'COUNT',
        forward: true,
        consistentRead: true,
      })
      assert.is(found.count, 1)
    }
    await fixture.close()
  })

  test('a batch of items whose JSON is many times their size is written', async () => {
    const fixture = new EngineFixture({ driver: driver(), projectId: randomUUID() })
    await fixture.create('table')
    const set = longNumbers(18_500)
    const writes = Array.from({ length: 10 }, (_, r) => ({ put: item({ h: 'h', r, set }) }))
    const batch = { requests: [{ table: 'table', writes }] }
    assert.equal(await fixture.run(batchWriteItem, batch, REQUEST_MS), { unprocessed: [] })
    for (const r of [0, 9]) assert.ok(await fixture.get('table', item({ h: 'h', r })))
    await fixture.close()
  })
}
