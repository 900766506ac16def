import * as assert from 'uvu/assert'
import type { Row, SortRange } from '../../../src/storage/driver.ts'
import type { Test } from '../../support/suite.ts'
import type { Contract } from '../contract.ts'
import {
  EVERYTHING,
  load,
  loadNumbered,
  numbered,
  putRow,
  sortsOf,
  type TableFixture,
  text,
} from './table-fixture.ts'

const P = text('partition')
const DIRECTIONS = ['forward', 'backward'] as const

export function pageTests(test: Test, contract: Contract): void {
  test('a range includes its lower bound and excludes its upper bound', async () => {
    const table = contract.table()
    const sorts = ['00', '01', '0100', '0101', '01ff', '02', '7f', '80', 'fe', 'ff', 'ff00', 'ffff']
    await load(
      table,
      P,
      sorts.map((sort) => putRow(Buffer.from(sort, 'hex'))),
    )
    const bounds = [undefined, ...sorts, '0102', '03', 'ff01', 'ffffff']
    for (const from of bounds) {
      for (const to of bounds) {
        const range: SortRange = {
          ...(from === undefined ? {} : { from: Buffer.from(from, 'hex') }),
          ...(to === undefined ? {} : { to: Buffer.from(to, 'hex') }),
        }
        const expected = sorts.filter(
          (sort) => (from === undefined || sort >= from) && (to === undefined || sort < to),
        )
        for (const direction of DIRECTIONS) {
          const { rows, more } = await table.slice(P, range, direction)
          const ordered = direction === 'forward' ? expected : expected.toReversed()
          assert.equal(sortsOf(rows), ordered, `${from} to ${to} ${direction}`)
          assert.is(more, false)
        }
      }
    }
  })

  test('a range returns no row of another partition', async () => {
    const table = contract.table()
    for (const partition of ['a', 'b', 'c', 'aa', 'partition ', 'partitio']) {
      await table.put(text(partition), text('s'))
    }
    for (const direction of DIRECTIONS) {
      assert.equal((await table.slice(P, {}, direction)).rows, [])
      assert.is((await table.slice(P, {}, direction)).more, false)
      assert.is((await table.slice(text('b'), {}, direction)).rows.length, 1)
    }
  })

  test('a page ends at its number of rows', async () => {
    const table = contract.table()
    await loadNumbered(table, P, 10)
    for (const direction of DIRECTIONS) {
      for (const rows of [1, 2, 3, 9, 10, 11]) {
        await assertPages(table, direction, { rows, bytes: EVERYTHING.bytes }, 10)
      }
    }
  })

  test('a page ends with the row that reaches its number of bytes', async () => {
    const table = contract.table()
    // The engine reports the size; it is not the length of the value.
    const sizes = [10, 20, 30, 5, 0, 100, 1, 1, 1, 33]
    await load(
      table,
      P,
      sizes.map((size, n) => putRow(numbered(n), 'value', size)),
    )
    const budget = (bytes: number) => ({ rows: EVERYTHING.rows, bytes })
    const page = async (bytes: number) => (await table.slice(P, {}, 'forward', budget(bytes))).rows
    assert.is((await page(1)).length, 1)
    assert.is((await page(10)).length, 1)
    assert.is((await page(11)).length, 2)
    assert.is((await page(60)).length, 3)
    assert.is((await page(61)).length, 4)
    assert.is((await page(66)).length, 6)
    for (const direction of DIRECTIONS) {
      for (const bytes of [1, 10, 11, 29, 60, 61, 165, 200, 201, 202]) {
        await assertPages(table, direction, budget(bytes), sizes.length)
        await assertPages(table, direction, { rows: 3, bytes }, sizes.length)
      }
    }
  })

  test('a page within a range stops at the bound of the range', async () => {
    const table = contract.table()
    await loadNumbered(table, P, 10)
    const range = { from: numbered(3), to: numbered(7) }
    const budget = { rows: 3, bytes: EVERYTHING.bytes }
    const first = await table.slice(P, range, 'forward', budget)
    assert.equal(sortsOf(first.rows), ['00000003', '00000004', '00000005'])
    assert.is(first.more, true)
    const last = await table.slice(P, { ...range, to: numbered(4) }, 'backward', budget)
    assert.equal(sortsOf(last.rows), ['00000003'])
    assert.is(last.more, false)
  })
}

/** Follows a partition's pages to the end. All but the last must be full, no row may repeat. */
async function assertPages(
  table: TableFixture,
  direction: 'forward' | 'backward',
  budget: { readonly rows: number; readonly bytes: number },
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
    const behind = Buffer.concat([last.sort, Buffer.from([0])])
    range = direction === 'forward' ? { from: behind } : { to: last.sort }
  }
  const expected = Array.from({ length: total }, (_, n) => numbered(n).toString('hex'))
  assert.equal(sortsOf(rows), direction === 'forward' ? expected : expected.toReversed())
}
