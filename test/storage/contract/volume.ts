import * as assert from 'uvu/assert'
import { stopwatch } from '../../scheduled-time.ts'
import type { Test } from '../../support/suite.ts'
import type { Contract } from '../contract.ts'
import { commitOf, load, numbered, putRow, text, valuesOf } from './table-fixture.ts'

const DELETED_ROWS = 100_000
const ROWS_PER_COMMIT = 500
/** A read that walks over all deleted rows would exceed this, or fail. */
const QUICK_MILLISECONDS = 30_000

export function volumeTests(test: Test, contract: Contract): void {
  test('after 100,000 deletes in a partition, reads and writes still work', async () => {
    const table = contract.table()
    const p = text('queue')
    const sorts = Array.from({ length: DELETED_ROWS }, (_, n) => numbered(n))
    await load(
      table,
      p,
      sorts.map((sort) => putRow(sort, '')),
      ROWS_PER_COMMIT,
    )
    for (let start = 0; start < DELETED_ROWS; start += ROWS_PER_COMMIT) {
      await table.write(p, { delete: sorts.slice(start, start + ROWS_PER_COMMIT) })
    }
    const watch = stopwatch()
    const quick = (what: string) => {
      const milliseconds = watch()
      assert.ok(milliseconds < QUICK_MILLISECONDS, `${what} after ${milliseconds} ms`)
    }
    // Row kinds with many deletes sort after items, so an item's row precedes the deleted rows.
    const first = Buffer.from([0])
    const insert = commitOf({
      put: [putRow(first, 'first')],
      require: [{ sort: first, version: null }],
    })
    assert.is((await table.commit(p, insert)).outcome, 'applied')
    quick('an insert')
    const between = numbered(DELETED_ROWS / 2)
    await table.put(p, between, 'between')
    assert.is(await table.value(p, between), 'between')
    assert.is(await table.get(p, numbered(7)), null)
    quick('a put and a read among the deleted')
    const page = await table.slice(p, {}, 'forward', { rows: 1, bytes: 1 })
    assert.equal(valuesOf(page.rows), ['first'])
    quick('a page before the deleted')
    const version = (await table.get(p, between))?.version ?? null
    const update = commitOf({ put: [putRow(between)], require: [{ sort: between, version }] })
    assert.is((await table.commit(p, update)).outcome, 'applied')
    quick('an update')
  })
}
