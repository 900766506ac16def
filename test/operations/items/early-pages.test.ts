import * as assert from 'uvu/assert'
import type { Condition } from '../../../src/expression/condition.ts'
import type { Item, ScalarType } from '../../../src/model/attribute-value.ts'
import { keyOf } from '../../../src/model/table.ts'
import { deleteItem } from '../../../src/operations/items/delete-item.ts'
import { putItem } from '../../../src/operations/items/put-item.ts'
import { type PageResult, query } from '../../../src/operations/items/query.ts'
import { scan } from '../../../src/operations/items/scan.ts'
import { EngineFixture, INDEX_NAMES, WITH_INDEXES } from '../../engine/engine-fixture.ts'
import { randomKey } from '../../engine/random-items.ts'
import { allShown, shown, value } from '../../engine/short-items.ts'
import { exists } from '../../expression/short-expressions.ts'
import { seeded } from '../../seeded.ts'
import { EarlyPagesDriver } from '../../storage/worn-driver.ts'
import { suite } from '../../support/suite.ts'

/** Pages that end at deleted items, because there were too many to pass. */

const test = suite('early pages')
const TYPES: readonly ScalarType[] = ['S', 'N', 'B']
const PAGES_MAX = 2_000
const random = seeded('early pages')

/** Items in a few partitions, of which three quarters were deleted. */
async function withDeleted(hashType: ScalarType, rangeType: ScalarType) {
  const driver = new EarlyPagesDriver(3)
  const fixture = new EngineFixture({ driver })
  const types = new Map(WITH_INDEXES.attributeTypes)
  await fixture.create('table', {
    ...WITH_INDEXES,
    attributeTypes: types.set('h', hashType).set('r', rangeType),
  })
  const hashes = Array.from({ length: 4 }, () => randomKey(random, hashType))
  const items = new Map<string, Item>()
  for (let n = 0; n < 160; n += 1) {
    const item: Item = new Map([
      ['h', random.pick(hashes)],
      ['r', randomKey(random, rangeType)],
      ['text', randomKey(random, 'S')],
      ['number', randomKey(random, 'N')],
      ['binary', randomKey(random, 'B')],
      ['other', value(n)],
    ])
    await fixture.run(putItem, { table: 'table', item, returnValues: 'NONE' })
    items.set(shown(keyOf(item, KEY)), item)
  }
  for (const [name, item] of items) {
    if (random.below(4) === 0) continue
    await fixture.run(deleteItem, { table: 'table', key: keyOf(item, KEY), returnValues: 'NONE' })
    items.delete(name)
  }
  return { driver, fixture, hashes, items: [...items.values()] }
}

const KEY = { hash: 'h', range: 'r' }

async function allPages(page: (start?: Item) => Promise<PageResult>): Promise<PageResult[]> {
  const pages: PageResult[] = []
  for (let start: Item | undefined; pages.length < PAGES_MAX; ) {
    const next = await page(start)
    pages.push(next)
    start = next.lastEvaluatedKey
    if (!start) return pages
  }
  throw new Error('pages without end')
}

const itemsOf = (pages: readonly PageResult[]) =>
  pages.flatMap(({ items }) => allShown(items ?? []))
const hashOf = (item: Item) => shown(new Map([['h', item.get('h') ?? value('')]]))
const sorted = (texts: readonly string[]) => [...texts].sort()
const counted = (pages: readonly PageResult[]) => pages.reduce((sum, { count }) => sum + count, 0)
const READ = { table: 'table', consistentRead: true, select: 'ALL_ATTRIBUTES' } as const
const FILTER: Condition = exists('h')

for (const hashType of TYPES) {
  for (const rangeType of TYPES) {
    test(`queries of ${hashType} and ${rangeType} return every item once`, async () => {
      const { driver, fixture, hashes, items } = await withDeleted(hashType, rangeType)
      for (const hash of hashes) {
        const expected = items.filter((item) => hashOf(item) === hashOf(new Map([['h', hash]])))
        for (const index of [undefined, ...INDEX_NAMES]) {
          const asked = {
            ...READ,
            keyConditions: new Map([['h', { op: 'eq', value: hash } as const]]),
            ...(index ? { index } : {}),
          }
          const read = (forward: boolean, more = {}) =>
            allPages((exclusiveStartKey) =>
              fixture.run(query, {
                ...{ ...asked, forward, ...more },
                ...(exclusiveStartKey && { exclusiveStartKey }),
              }),
            )
          const forward = itemsOf(await read(true))
          assert.equal(sorted(forward), sorted(allShown(expected)))
          assert.equal(itemsOf(await read(false)).reverse(), forward)
          assert.equal(itemsOf(await read(true, { limit: 2 })), forward)
          assert.equal(itemsOf(await read(true, { filter: FILTER })), forward)
          assert.is(counted(await read(false, { select: 'COUNT' })), expected.length)
        }
      }
      assert.ok(driver.early > 50, `${driver.early} pages ended early`)
      await fixture.close()
    })
  }
  test(`scans of ${hashType} return every item once, in segments too`, async () => {
    const { driver, fixture, items } = await withDeleted(hashType, random.pick(TYPES))
    for (const totalSegments of [1, 3]) {
      for (const more of [{}, { limit: 2 }, { filter: FILTER }]) {
        const pages: PageResult[] = []
        for (let segment = 0; segment < totalSegments; segment += 1) {
          const asked = { ...READ, segment, totalSegments, ...more }
          const read = await allPages((exclusiveStartKey) =>
            fixture.run(scan, { ...asked, ...(exclusiveStartKey && { exclusiveStartKey }) }),
          )
          pages.push(...read)
        }
        assert.equal(sorted(itemsOf(pages)), sorted(allShown(items)))
        assert.is(counted(pages), items.length)
      }
    }
    assert.ok(driver.early > 20, `${driver.early} pages ended early`)
    await fixture.close()
  })
}

test.run()
