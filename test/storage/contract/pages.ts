import { inspect } from 'node:util'
import * as assert from 'uvu/assert'
import { justAfter } from '../../../src/storage/cassandra/slice.ts'
import type { PageBudget, Row, SortRange } from '../../../src/storage/driver.ts'
import { below } from '../../support/at-once.ts'
import type { Contract, ContractTest } from '../contract.ts'
import {
  EVERYTHING,
  isIn,
  numbered,
  putRow,
  sortsOf,
  strongRead,
  type TableFixture,
  text,
} from './table-fixture.ts'

const P = text('partition')
const DIRECTIONS = ['forward', 'backward'] as const

export function pageTests(test: ContractTest, contract: Contract): void {
  test('a range includes its lower bound and excludes its upper bound', async (table) => {
    const sorts = ['00', '01', '0100', '0101', '01ff', '02', '7f', '80', 'fe', 'ff', 'ff00', 'ffff']
    const rowOf = (sort: string) => putRow(Buffer.from(sort, 'hex'))
    await table.load(P, sorts.map(rowOf))
    const ends = [...sorts, '0102', '03', 'ff01', 'ffffff'].map((sort) => Buffer.from(sort, 'hex'))
    const bounds = [undefined, ...ends]
    const ranges = bounds.flatMap((from) =>
      bounds.map((to): SortRange => ({ ...(from && { from }), ...(to && { to }) })),
    )
    for (const range of ranges) {
      const expected = sorts.filter((sort) => isIn(range, Buffer.from(sort, 'hex')))
      for (const direction of DIRECTIONS) {
        const { rows, more } = await table.slice(P, range, direction)
        const ordered = direction === 'forward' ? expected : expected.toReversed()
        assert.equal(sortsOf(rows), ordered, `${inspect(range)} ${direction}`)
        assert.is(more, false)
      }
    }
  })

  test('a range returns no row of another partition', async (table) => {
    for (const partition of ['a', 'b', 'c', 'aa', 'partition ', 'partitio']) {
      await table.put(text(partition), text('s'))
    }
    for (const direction of DIRECTIONS) {
      assert.equal((await table.slice(P, {}, direction)).rows, [])
      assert.is((await table.slice(P, {}, direction)).more, false)
      assert.is((await table.slice(text('b'), {}, direction)).rows.length, 1)
    }
  })

  test('a page ends at its number of rows', async (table) => {
    await table.loadNumbers(P, below(10))
    for (const direction of DIRECTIONS) {
      for (const rows of [1, 2, 3, 9, 10, 11]) {
        await assertPages(table, direction, { rows, bytes: EVERYTHING.bytes }, 10)
      }
    }
  })

  test('a page ends with the row that reaches its number of bytes', async (table) => {
    // The engine reports the size; it is not the length of the value.
    const sizes = [10, 20, 30, 5, 0, 100, 1, 1, 1, 33]
    const rowOf = (size: number, n: number) => putRow(numbered(n), 'value', size)
    await table.load(P, sizes.map(rowOf))
    const budget = (bytes: number) => ({ rows: EVERYTHING.rows, bytes })
    for (const [bytes, rows] of Object.entries({ 1: 1, 10: 1, 11: 2, 60: 3, 61: 4, 66: 6 })) {
      const page = await table.slice(P, {}, 'forward', budget(Number(bytes)))
      assert.is(page.rows.length, rows, `${bytes} bytes`)
    }
    for (const direction of DIRECTIONS) {
      for (const bytes of [1, 10, 11, 29, 60, 61, 165, 200, 201, 202]) {
        await assertPages(table, direction, budget(bytes), sizes.length)
        await assertPages(table, direction, { rows: 3, bytes }, sizes.length)
      }
    }
  })

  test('a page within a range stops at the bound of the range', async (table) => {
    await table.loadNumbers(P, below(10))
    const range = { from: numbered(3), to: numbered(7) }
    const budget = { rows: 3, bytes: EVERYTHING.bytes }
    const first = await table.slice(P, range, 'forward', budget)
    assert.equal(sortsOf(first.rows), ['00000003', '00000004', '00000005'])
    assert.is(first.more, true)
    const last = await table.slice(P, { ...range, to: numbered(4) }, 'backward', budget)
    assert.equal(sortsOf(last.rows), ['00000003'])
    assert.is(last.more, false)
  })

  test('sorts returns the keys of a slice, page by page, for any values', async (table) => {
    const count = contract.scaled(2500, 1100)
    const numbers = below(count)
    const rowOf = (n: number) => putRow(numbered(n), n % 100 === 0 ? Buffer.alloc(50_000) : 'v')
    await table.load(P, numbers.map(rowOf))
    assert.equal(await keysOf(table, count + 1), { sorts: numbers, more: false })
    assert.equal((await keysOf(table, count)).sorts, numbers)
    const range = { from: numbered(10), to: numbered(20) }
    assert.equal(await keysOf(table, 4, range), { sorts: [10, 11, 12, 13], more: true })
    assert.equal(await keysOf(table, 11, range), { sorts: numbers.slice(10, 20), more: false })
    assert.equal(await keysOf(table, 5, { from: numbered(count) }), { sorts: [], more: false })
    assert.equal(await keysOf(contract.table(), 5), { sorts: [], more: false })
  })

  test('sorts skips locks without a row', async (table) => {
    await table.loadNumbers(P, [2, 5, 8])
    for (const n of [0, 1, 3, 4, 6, 7, 9]) {
      await contract.store().setLock(table.table, P, numbered(n), text('lock'))
    }
    assert.equal((await keysOf(table, 1)).sorts, [2])
    assert.equal((await keysOf(table, 2)).sorts, [2, 5])
    assert.equal(await keysOf(table, 4), { sorts: [2, 5, 8], more: false })
    assert.equal(await keysOf(table, 3, { from: numbered(9) }), { sorts: [], more: false })
  })
}

/** Follows a partition's pages to the end. All but the last must be full, no row may repeat. */
async function assertPages(
  table: TableFixture,
  direction: 'forward' | 'backward',
  budget: PageBudget,
  total: number,
): Promise<void> {
  const rows: Row[] = []
  let range: SortRange = {}
  for (;;) {
    const page = await table.slice(P, range, direction, budget)
    const sizes = page.rows.map((row) => row.size)
    const bytes = sizes.reduce((sum, size) => sum + size, 0)
    const bytesBeforeLast = bytes - (sizes.at(-1) ?? 0)
    assert.ok(page.rows.length <= budget.rows)
    assert.ok(page.rows.length <= 1 || bytesBeforeLast < budget.bytes, 'a page beyond its bytes')
    rows.push(...page.rows)
    const last = page.rows.at(-1)
    if (!page.more || last === undefined) break
    assert.ok(page.rows.length === budget.rows || bytes >= budget.bytes, 'a page cut short')
    range = direction === 'forward' ? { from: justAfter(last.sort) } : { to: last.sort }
  }
  const expected = below(total).map((n) => numbered(n).toString('hex'))
  assert.equal(sortsOf(rows), direction === 'forward' ? expected : expected.toReversed())
}

/** A page of keys, as numbers. */
async function keysOf(table: TableFixture, rows: number, range: SortRange = {}) {
  const page = await table.driver.sorts(table.table, P, range, rows, strongRead())
  return { ...page, sorts: page.sorts.map((sort) => sort.readUInt32BE()) }
}
