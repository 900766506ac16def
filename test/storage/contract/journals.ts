import { setImmediate as nextTurn } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { CountedStorage } from '../../../src/storage/counted-storage.ts'
import {
  APPEND_ROWS_MAX,
  APPENDED_VERSION,
  type JournalRow,
  type Row,
} from '../../../src/storage/driver.ts'
import { below } from '../../support/at-once.ts'
import type { Contract, ContractTest } from '../contract.ts'
import { commitOf, numbered, putRow, soon, sortsOf, text, valuesOf } from './table-fixture.ts'

const P = text('journal')
const [A, B, C] = [text('a'), text('b'), text('c')]

const journalRow = (sort: Buffer, value = 'v'): JournalRow => ({ sort, value: text(value) })

function newestOf(rows: readonly Row[]): bigint {
  return rows.reduce((newest, { order }) => (order > newest ? order : newest), -1n)
}

export function journalTests(test: ContractTest, contract: Contract): void {
  test('every driver sees appended rows', async (table) => {
    await table.append(P, journalRow(B, 'two'), journalRow(A, 'one'))
    const other = await contract.byAnother(table)
    const rows = await other.rows(P)
    assert.equal(valuesOf(rows), ['one', 'two'])
    for (const { version, size, lock, expiresAt } of rows) {
      const appended = { version: APPENDED_VERSION, size: 3, lock: null, expiresAt: 0 }
      assert.equal({ version, size, lock, expiresAt }, appended)
    }
    assert.equal((await other.get(P, A))?.value, text('one'))
    assert.equal(valuesOf(await table.scanAll()), ['one', 'two'])
  })

  test('repeating an append changes only the order, which grows', async (table) => {
    await table.append(P, journalRow(A, 'same'), journalRow(B, 'other'))
    const [first, beside] = [await table.get(P, A), await table.get(P, B)]
    await table.append(P, journalRow(A, 'same'))
    const again = await table.get(P, A)
    assert.equal({ ...again, order: 0n }, { ...first, order: 0n })
    assert.ok((again?.order ?? 0n) > (first?.order ?? 0n))
    assert.equal(await table.get(P, B), beside)
  })

  test('parallel appends, and an append of the maximum size, are all stored', async (table) => {
    const calls = contract.scaled(200, 80)
    const rowOf = (n: number) => journalRow(numbered(n))
    await Promise.all(below(calls).map((n) => table.append(P, rowOf(2 * n), rowOf(2 * n + 1))))
    const sorts = below(2 * calls).map((n) => numbered(n).toString('hex'))
    assert.equal(sortsOf(await table.rows(P)), sorts)
    await table.append(text('many'), ...below(APPEND_ROWS_MAX).map(rowOf))
    assert.is((await table.rows(text('many'))).length, APPEND_ROWS_MAX)
  })

  test('drop deletes rows up to an order and keeps rows appended later', async (table) => {
    await table.append(P, journalRow(A), journalRow(B))
    await table.append(text('beside'), journalRow(A))
    const through = newestOf(await table.rows(P))
    await table.append(P, journalRow(B, 'again'), journalRow(C))
    await table.drop(P, through)
    assert.equal(valuesOf(await table.rows(P)), ['again', 'v'])
    assert.is(await table.get(P, A), null)
    await table.drop(P, through)
    assert.is((await table.rows(P)).length, 2, 'a second drop does nothing')
    await table.drop(text('empty'), through)
    assert.is((await table.rows(text('beside'))).length, 1)
    await table.drop(P, newestOf(await table.rows(P)))
    assert.equal(await table.rows(P), [])
    await table.append(P, journalRow(A, 'after all'))
    assert.equal(valuesOf(await table.rows(P)), ['after all'])
  })

  test('a drop by another driver keeps rows appended after the read', async (table) => {
    const dropping = await contract.byAnother(table)
    const seen = new Set<string>()
    const rounds = contract.scaled(300, 60)
    let appended = 0
    const sweep = async () => {
      const rows = await dropping.rows(P)
      for (const sort of sortsOf(rows)) seen.add(sort)
      if (rows.length > 0) await dropping.drop(P, newestOf(rows))
    }
    const appending = async () => {
      for (; appended < rounds; appended += 1) await table.append(P, journalRow(numbered(appended)))
    }
    const sweeping = async () => {
      while (appended < rounds) {
        await sweep()
        await nextTurn()
      }
    }
    await Promise.all([appending(), sweeping()])
    await sweep()
    assert.is(seen.size, rounds)
    assert.equal(await table.rows(P), [])
  })

  test('a dropped partition of many rows reads as an empty one', async (table) => {
    const rows = contract.scaled(100_000, 20_000)
    const sorts = below(rows).map(numbered)
    const appends = below(rows / APPEND_ROWS_MAX).map((call) => {
      const own = sorts.slice(call * APPEND_ROWS_MAX, (call + 1) * APPEND_ROWS_MAX)
      return table.append(P, ...own.map((sort) => journalRow(sort)))
    })
    await Promise.all(appends)
    const budget = { rows: 1, bytes: 1 }
    const found = await table.rows(P)
    assert.is(found.length, rows)
    await table.drop(P, newestOf(found))
    assert.equal(await table.slice(P), { rows: [], more: false })
    assert.equal(await table.slice(P, {}, 'backward', budget), { rows: [], more: false })
    await table.append(P, journalRow(numbered(rows / 2), 'new'))
    assert.equal(valuesOf((await table.slice(P, {}, 'forward', budget)).rows), ['new'])
  })

  test('a table that is appended to refuses commits, and the other way round', async ({
    driver,
    table,
  }) => {
    const counted = new CountedStorage(driver)
    const commit = (id: Buffer) => counted.commit(id, P, commitOf({ put: [putRow(A)] }), soon())
    await counted.append(table, P, [journalRow(A)], soon())
    assert.throws(() => commit(table), 'appended to and committed to')
    const other = contract.table().table
    await commit(other)
    const appending = () => counted.append(other, P, [journalRow(B)], soon())
    assert.throws(appending, 'appended to and committed to')
  })

  test('engineTime advances, and appended rows are ordered by it', async (table) => {
    const time = () => table.driver.engineTime?.(soon())
    const before = await time()
    if (before === undefined) return
    await table.append(P, journalRow(A))
    const order = Number(newestOf(await table.rows(P)) / 1000n)
    const after = (await time()) ?? 0
    assert.ok(before <= order && order <= after, `${before}, ${order}, ${after}`)
  })
}
