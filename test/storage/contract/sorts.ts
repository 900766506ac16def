import * as assert from 'uvu/assert'
import type { SortRange } from '../../../src/storage/driver.ts'
import type { Test } from '../../support/suite.ts'
import type { Contract } from '../contract.ts'
import {
  load,
  numbered,
  putRow,
  rowsOf,
  strongRead,
  type TableFixture,
  text,
} from './table-fixture.ts'

const P = text('names')

async function sortsOf(table: TableFixture, rows: number, range: SortRange = {}) {
  const page = await table.driver.sorts(table.table, P, range, rows, strongRead())
  return { ...page, sorts: page.sorts.map((sort) => sort.readUInt32BE()) }
}

export function sortTests(test: Test, contract: Contract): void {
  test('sorts returns the keys of a slice, page by page, for any values', async () => {
    const table = contract.table()
    const count = contract.scaled(2500, 1100)
    const numbers = Array.from({ length: count }, (_, n) => n)
    const bytesOf = (n: number) => (n % 100 === 0 ? Buffer.alloc(50_000) : 'v')
    await load(
      table,
      P,
      numbers.map((n) => putRow(numbered(n), bytesOf(n))),
    )
    assert.equal(await sortsOf(table, count + 1), { sorts: numbers, more: false })
    assert.equal((await sortsOf(table, count)).sorts, numbers)
    const range = { from: numbered(10), to: numbered(20) }
    assert.equal(await sortsOf(table, 4, range), { sorts: [10, 11, 12, 13], more: true })
    assert.equal(await sortsOf(table, 11, range), { sorts: numbers.slice(10, 20), more: false })
    assert.equal(await sortsOf(table, 5, { from: numbered(count) }), { sorts: [], more: false })
    assert.equal(await sortsOf(contract.table(), 5), { sorts: [], more: false })
  })

  test('sorts skips locks without a row', async () => {
    const table = contract.table()
    await load(table, P, rowsOf([2, 5, 8]))
    for (const n of [0, 1, 3, 4, 6, 7, 9]) {
      await contract.store().setLock(table.table, P, numbered(n), text('lock'))
    }
    assert.equal((await sortsOf(table, 1)).sorts, [2])
    assert.equal((await sortsOf(table, 2)).sorts, [2, 5])
    assert.equal(await sortsOf(table, 4), { sorts: [2, 5, 8], more: false })
    assert.equal(await sortsOf(table, 3, { from: numbered(9) }), { sorts: [], more: false })
  })
}
