import * as assert from 'uvu/assert'
import type { ScanPosition } from '../../../src/storage/driver.ts'
import type { Test } from '../../support/suite.ts'
import type { Contract } from '../contract.ts'
import { KEY_SHAPES } from '../key-shapes.ts'
import {
  commitOf,
  numbered,
  putRow,
  sortsOf,
  strongRead,
  type TableFixture,
  text,
  valuesOf,
} from './table-fixture.ts'

/** More rows than the tests' Cassandra passes in one read. */
const DENSE_ROWS = 21_000
const ROWS_PER_COMMIT = 250
const PAGES_MAX = 100
const P = text('partition')
const BUDGET = { rows: 1_000, bytes: 1_000_000 }

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
      const live = Buffer.concat([middle, Buffer.alloc(1)])
      await table.put(P, live, 'live')
      for (const direction of ['forward', 'backward'] as const) {
        const rows = await bounded(contract, direction, slicePages(table, direction))
        assert.equal(rows, [live], direction)
      }
      assert.equal(await bounded(contract, 'scan', scanPages(table)), [live])
      assert.equal(await bounded(contract, 'sorts', sortPages(table)), [live])
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

/** The sorts of all pages. Fails if a page had more than one failed read. */
async function bounded(
  contract: Contract,
  what: string,
  pages: AsyncIterable<readonly Buffer[]>,
): Promise<Buffer[]> {
  const { failedReads = () => 0 } = contract.store()
  const found: Buffer[] = []
  let failed = failedReads()
  let count = 0
  for await (const page of pages) {
    const before = failed
    failed = failedReads()
    assert.ok(failed - before <= 1, `${failed - before} reads of a page failed: ${what}`)
    found.push(...page)
    count += 1
    assert.ok(count < PAGES_MAX, `pages without end: ${what}`)
  }
  return found
}

async function* slicePages(
  table: TableFixture,
  direction: 'forward' | 'backward',
): AsyncGenerator<readonly Buffer[]> {
  for (let range = {}; ; ) {
    const { rows, more, reached } = await table.slice(P, range, direction, BUDGET)
    const next = reached ?? rows.at(-1)?.sort
    yield rows.map(({ sort }) => sort)
    if (!more || !next) return
    range =
      direction === 'forward' ? { from: Buffer.concat([next, Buffer.alloc(1)]) } : { to: next }
  }
}

async function* scanPages(table: TableFixture): AsyncGenerator<readonly Buffer[]> {
  for (let after: ScanPosition | undefined; ; ) {
    const page = await table.scan({ budget: BUDGET, ...(after && { after }) })
    const next: ScanPosition | undefined = page.reached ?? page.rows.at(-1)
    yield page.rows.map(({ sort }) => sort)
    if (!page.more || !next) return
    after = next
  }
}

async function* sortPages(table: TableFixture): AsyncGenerator<readonly Buffer[]> {
  for (let range = {}; ; ) {
    const page = await table.driver.sorts(table.table, P, range, BUDGET.rows, strongRead())
    const next = page.reached ?? page.sorts.at(-1)
    yield page.sorts
    if (!page.more || !next) return
    range = { from: Buffer.concat([next, Buffer.alloc(1)]) }
  }
}
