import * as assert from 'uvu/assert'
import { justAfter } from '../../../src/storage/cassandra/slice.ts'
import type { Test } from '../../support/suite.ts'
import type { Contract } from '../contract.ts'
import { KEY_SHAPES } from '../key-shapes.ts'
import { type NextPage, PageWalk } from '../page-walk.ts'
import { commitOf, numbered, putRow, sortsOf, strongRead, text, valuesOf } from './table-fixture.ts'

/** More rows than the tests' Cassandra passes in one read. */
const DENSE_ROWS = 21_000
const ROWS_PER_COMMIT = 250
const PAGES_MAX = 100
const P = text('partition')

export function denseTests(test: Test, contract: Contract): void {
  for (const [shape, sortOf] of KEY_SHAPES) {
    test(`a read finds one row among many deleted ones, keys ${shape}`, async () => {
      const table = contract.table()
      const tables = [table, await contract.byAnother(table), await contract.byAnother(table)]
      const sorts = Array.from({ length: DENSE_ROWS }, (_, n) => sortOf(n))
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

  test('a deleted row among many deleted ones is like a row that never existed', async () => {
    const table = contract.table()
    const sorts = Array.from({ length: 256 }, (_, n) => numbered(n))
    const put = sorts.map((sort) => putRow(sort, 'before'))
    const [first = P] = sorts
    const version = await table.write(P, { put })
    await table.write(P, { delete: sorts })
    const found = await table.driver.getMany(table.table, P, sorts, strongRead())
    assert.ok(found.every((row) => row === null))
    assert.equal(await table.slice(P), { rows: [], more: false })
    assert.equal(await table.slice(P, {}, 'backward'), { rows: [], more: false })
    assert.equal(await table.scan(), { rows: [], more: false })
    const current = sorts.map((sort) => ({ sort, version: null, lock: null }))
    const require = sorts.map((sort) => ({ sort, version }))
    assert.equal(await table.commit(P, commitOf({ put, require })), { outcome: 'refused', current })
    await table.write(P, { delete: sorts })
    for (const sort of sorts) await contract.store().setLock(table.table, P, sort, text('lock'))
    assert.equal((await table.slice(P)).rows, [])
    const locked = await table.commit(P, commitOf({ delete: sorts }))
    const lock = text('lock')
    assert.equal(locked, {
      outcome: 'refused',
      current: sorts.map((sort) => ({ sort, version: null, lock })),
    })
    for (const sort of sorts) await contract.store().setLock(table.table, P, sort, null)
    const insert = sorts.map((sort) => ({ sort, version: null }))
    const size = 10
    const again = sorts.map((sort) => ({ ...putRow(sort, 'again', size), expiresAt: 7 }))
    const result = await table.commit(P, commitOf({ put: again, require: insert }))
    assert.is(result.outcome, 'applied')
    const rows = await table.rows(P)
    assert.equal(
      sortsOf(rows),
      sorts.map((sort) => sort.toString('hex')),
    )
    assert.ok(rows.every((row) => row.size === size && row.expiresAt === 7))
    assert.equal(valuesOf([await table.get(P, first)].filter((row) => row !== null)), ['again'])
    const page = await table.slice(P, {}, 'forward', { rows: 1_000, bytes: 100 * size })
    assert.is(page.rows.length, 100)
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
