import * as assert from 'uvu/assert'
import { justAfter } from '../../../src/storage/cassandra/slice.ts'
import { stopwatch } from '../../scheduled-time.ts'
import { below } from '../../support/at-once.ts'
import type { Contract, ContractTest } from '../contract.ts'
import { KEY_SHAPES } from '../key-shapes.ts'
import { type NextPage, PageWalk } from '../page-walk.ts'
import { commitOf, numbered, putRow, sortsOf, strongRead, text, valuesOf } from './table-fixture.ts'

/** More rows than the tests' Cassandra passes in one read. */
const DENSE_ROWS = 21_000
const ROWS_PER_COMMIT = 250
const DELETED_ROWS = 100_000
const ROWS_PER_LARGE_COMMIT = 500
/** A read that walks over all deleted rows would exceed this, or fail. */
const QUICK_MILLISECONDS = 30_000
const PAGES_MAX = 100
const P = text('partition')

export function denseTests(test: ContractTest, contract: Contract): void {
  for (const [shape, sortOf] of KEY_SHAPES) {
    test(`a read finds one row among many deleted ones, keys ${shape}`, async (table) => {
      const tables = [table, await contract.byAnother(table), await contract.byAnother(table)]
      const sorts = below(DENSE_ROWS).map(sortOf)
      // An index has entries only for rows that were put. One shape of keys is enough to test it.
      const isPut = shape.includes('25')
      for (let start = 0; start < DENSE_ROWS; start += ROWS_PER_COMMIT) {
        const some = sorts.slice(start, start + ROWS_PER_COMMIT)
        const by = tables[(start / ROWS_PER_COMMIT) % tables.length] ?? table
        if (isPut) await by.write(P, { put: some.map((sort) => putRow(sort)) })
        await by.write(P, { delete: some })
      }
      const [middle = P] = sorts.sort(Buffer.compare).slice(DENSE_ROWS / 2)
      const live = justAfter(middle)
      await table.put(P, live, 'live')
      const walk = new PageWalk(table.driver, table.table)
      for (const direction of ['forward', 'backward'] as const) {
        assert.equal(await bounded(contract, direction, walk.slice(P, direction)), [live])
      }
      assert.equal(await bounded(contract, 'scan', walk.scan()), [P])
      assert.equal(await bounded(contract, 'sorts', walk.sorts(P)), [live])
    })
  }

  test('a deleted row among many deleted ones is like a row that never existed', async (table) => {
    const sorts = below(256).map(numbered)
    const put = sorts.map((sort) => putRow(sort, 'before'))
    const [first = P] = sorts
    const version = await table.write(P, { put })
    await table.write(P, { delete: sorts })
    const found = await table.driver.getMany(table.table, P, sorts, strongRead())
    assert.ok(found.every((row) => row === null))
    assert.equal(await table.slice(P), { rows: [], more: false })
    assert.equal(await table.slice(P, {}, 'backward'), { rows: [], more: false })
    assert.equal(await table.scan(), { rows: [], more: false })
    /** What a refused commit is told. */
    const refused = (lock: Buffer | null) => {
      const current = sorts.map((sort) => ({ sort, version: null, lock }))
      return { outcome: 'refused', current }
    }
    const require = sorts.map((sort) => ({ sort, version }))
    assert.equal(await table.commit(P, commitOf({ put, require })), refused(null))
    await table.write(P, { delete: sorts })
    const lockAll = async (lock: Buffer | null) => {
      for (const sort of sorts) await contract.store().setLock(table.table, P, sort, lock)
    }
    await lockAll(text('lock'))
    assert.equal((await table.slice(P)).rows, [])
    assert.equal(await table.commit(P, commitOf({ delete: sorts })), refused(text('lock')))
    await lockAll(null)
    const insert = sorts.map((sort) => ({ sort, version: null }))
    const size = 10
    const again = sorts.map((sort) => ({ ...putRow(sort, 'again', size), expiresAt: 7 }))
    assert.is(await table.outcome(P, { put: again, require: insert }), 'applied')
    const rows = await table.rows(P)
    const names = sorts.map((sort) => sort.toString('hex'))
    assert.equal(sortsOf(rows), names)
    assert.ok(rows.every((row) => row.size === size && row.expiresAt === 7))
    assert.is(await table.value(P, first), 'again')
    const page = await table.slice(P, {}, 'forward', { rows: 1_000, bytes: 100 * size })
    assert.is(page.rows.length, 100)
  })

  test('after 100,000 deletes in a partition, reads and writes still work', async (table) => {
    const sorts = below(DELETED_ROWS).map(numbered)
    const rows = sorts.map((sort) => putRow(sort, ''))
    await table.load(P, rows, ROWS_PER_LARGE_COMMIT)
    for (let start = 0; start < DELETED_ROWS; start += ROWS_PER_LARGE_COMMIT) {
      await table.write(P, { delete: sorts.slice(start, start + ROWS_PER_LARGE_COMMIT) })
    }
    const watch = stopwatch()
    const quick = (what: string) => {
      const milliseconds = watch()
      assert.ok(milliseconds < QUICK_MILLISECONDS, `${what} after ${milliseconds} ms`)
    }
    // Row kinds with many deletes sort after items, so an item's row precedes the deleted rows.
    const first = Buffer.from([0])
    const insert = { put: [putRow(first, 'first')], require: [{ sort: first, version: null }] }
    assert.is(await table.outcome(P, insert), 'applied')
    quick('an insert')
    const between = numbered(DELETED_ROWS / 2)
    await table.put(P, between, 'between')
    assert.is(await table.value(P, between), 'between')
    assert.is(await table.get(P, numbered(7)), null)
    quick('a put and a read among the deleted')
    const page = await table.slice(P, {}, 'forward', { rows: 1, bytes: 1 })
    assert.equal(valuesOf(page.rows), ['first'])
    quick('a page before the deleted')
    const version = (await table.get(P, between))?.version ?? null
    const update = { put: [putRow(between)], require: [{ sort: between, version }] }
    assert.is(await table.outcome(P, update), 'applied')
    quick('an update')
  })
}

/** What all pages hold, none of which had more than one read that failed. */
async function bounded(contract: Contract, what: string, first: NextPage): Promise<Buffer[]> {
  const { failedReads = () => 0 } = contract.store()
  const found: Buffer[] = []
  let next: NextPage | undefined = first
  for (let count = 1; next; count += 1) {
    assert.ok(count < PAGES_MAX, `pages without end: ${what}`)
    const before = failedReads()
    const page: Awaited<ReturnType<NextPage>> = await next(strongRead())
    const failed = failedReads() - before
    assert.ok(failed <= 1, `${failed} reads of a page failed: ${what}`)
    found.push(...page.found)
    next = page.next
  }
  return found
}
