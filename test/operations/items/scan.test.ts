import * as assert from 'uvu/assert'
import { comparison } from '../../../src/expression/condition.ts'
import { pathOf } from '../../../src/expression/path.ts'
import type { Item } from '../../../src/model/attribute-value.ts'
import { batchWriteItem } from '../../../src/operations/batches/batch-write-item.ts'
import { deleteItem } from '../../../src/operations/items/delete-item.ts'
import { type Scan, scan } from '../../../src/operations/items/scan.ts'
import { EngineFixture, outcomeOf, WITH_INDEXES } from '../../engine/engine-fixture.ts'
import { allShown, item, value } from '../../engine/short-items.ts'
import { suite } from '../../support/suite.ts'

const test = suite('scan')

const NONE = { returnValues: 'NONE' } as const

const ASKED: Scan = {
  ...{ table: 'table', select: 'ALL_ATTRIBUTES', consistentRead: true },
  ...{ segment: 0, totalSegments: 1 },
}

/** 60 items in 20 partitions, each with entries in the indexes. */
async function withItems() {
  const fixture = new EngineFixture()
  await fixture.create('table', WITH_INDEXES)
  const items = Array.from({ length: 60 }, (_, i) =>
    item({ h: `h${i % 20}`, r: i, text: 't', number: i, binary: Buffer.of(i) }),
  )
  for (let start = 0; start < items.length; start += 20) {
    const writes = items.slice(start, start + 20).map((put) => ({ put }))
    await fixture.run(batchWriteItem, { requests: [{ table: 'table', writes }] })
  }
  return { fixture, items }
}

async function pages(fixture: EngineFixture, parts: Partial<Scan>): Promise<string[][]> {
  const found: string[][] = []
  let start: Item | undefined
  for (let count = 0; count < 100; count++) {
    const page = await fixture.run(scan, {
      ...ASKED,
      ...parts,
      ...(start && { exclusiveStartKey: start }),
    })
    found.push(allShown(page.items ?? []))
    start = page.lastEvaluatedKey
    if (start === undefined) return found
  }
  throw new Error('a scan without end')
}

test('Scan with any limit and segments returns every item once', async () => {
  const { fixture, items } = await withItems()
  const [all = []] = await pages(fixture, {})
  assert.equal(all.toSorted(), allShown(items).sort())
  for (const limit of [1, 2, 7, 59, 60, 61]) {
    const read = await pages(fixture, { limit })
    assert.equal(read.flat(), all, 'in the same order')
    assert.ok(read.every((page) => page.length <= limit))
  }
  for (const totalSegments of [1, 2, 4, 33, 4096]) {
    const segments = Array.from({ length: Math.min(totalSegments, 40) }, (_, segment) => segment)
    const read = await Promise.all(
      segments.map((segment) => pages(fixture, { segment, totalSegments, limit: 3 })),
    )
    const shown = read.flat(2)
    if (totalSegments <= 40) assert.equal(shown, all)
    else assert.is(new Set(shown).size, shown.length)
    if (totalSegments === 4) assert.ok(read.every((pagesOfOne) => pagesOfOne.flat().length < 60))
  }
  await fixture.close()
})

test('Scan applies limit before the filter', async () => {
  const { fixture } = await withItems()
  const filter = comparison('r', 'lt', value(6))
  const page = await fixture.run(scan, { ...ASKED, filter, limit: 60 })
  assert.equal([page.count, page.scannedCount], [6, 60])
  assert.ok(page.lastEvaluatedKey)
  const counted = await fixture.run(scan, { ...ASKED, filter, select: 'COUNT' })
  assert.equal([counted.count, counted.scannedCount, counted.items], [6, 60, undefined])
  const some = { select: 'SPECIFIC_ATTRIBUTES', paths: [pathOf('r')], filter } as const
  const found = (await pages(fixture, some)).flat()
  const expected = [0, 1, 2, 3, 4, 5].map((r) => item({ r }))
  assert.equal(found.sort(), allShown(expected))
  await fixture.close()
})

test('Scan with a start key that is no key of the table is refused', async () => {
  const { fixture } = await withItems()
  for (const exclusiveStartKey of [
    item({ h: 'a' }),
    item({ h: 'a', r: 'x' }),
    item({ h: '', r: 1 }),
  ]) {
    const asked = fixture.run(scan, { ...ASKED, exclusiveStartKey })
    assert.is(await outcomeOf(asked), 'validation')
  }
  const { lastEvaluatedKey: key = item({}) } = await fixture.run(scan, { ...ASKED, limit: 30 })
  const rest = async () => {
    const { items } = await fixture.run(scan, { ...ASKED, exclusiveStartKey: key })
    return allShown(items ?? [])
  }
  const found = await rest()
  assert.is(found.length, 30)
  await fixture.run(deleteItem, { table: 'table', key, returnValues: 'NONE' })
  assert.equal(await rest(), found, 'it need not exist')
  await fixture.close()
})

test('a Scan page of numbers with many zeros has a bounded length of JSON', async () => {
  const fixture = new EngineFixture()
  await fixture.create('table', WITH_INDEXES)
  const numbers = Array.from({ length: 1000 }, (_, i) => `${1000 + i}${'0'.repeat(120)}`)
  const large = new Map([['numbers', { type: 'NS', value: numbers } as const]])
  for (let r = 0; r < 80; r++) {
    const put = new Map([...item({ h: 'a', r }), ...large])
    await fixture.run(batchWriteItem, { requests: [{ table: 'table', writes: [{ put }] }] })
  }
  const page = await fixture.run(scan, ASKED)
  const bytes = (page.items ?? []).reduce((sum, { json }) => sum + json.length, 0)
  assert.ok(page.lastEvaluatedKey)
  assert.ok(bytes < 8.5 * 1024 * 1024, `${bytes} bytes`)
  await fixture.close()
})

test('Scan on an index returns its entries, or the whole items', async () => {
  const { fixture, items } = await withItems()
  await fixture.run(deleteItem, { table: 'table', key: item({ h: 'h0', r: 0 }), ...NONE })
  const left = items.slice(1)
  const projected = left.map((each) => new Map(['h', 'r', 'number'].map((n) => [n, each.get(n)])))
  for (const limit of [1, 7, 100]) {
    const ask = { index: 'by-number', limit } as const
    const held = await pages(fixture, { ...ask, select: 'ALL_PROJECTED_ATTRIBUTES' })
    assert.equal(held.flat().sort(), allShown(projected as Item[]).sort())
    const beyond = await pages(fixture, ask)
    assert.equal(beyond.flat().sort(), allShown(left).sort())
  }
  const unknown = fixture.run(scan, { ...ASKED, index: 'absent' })
  assert.is(await outcomeOf(unknown), 'validation')
  await fixture.close()
})

test.run()
