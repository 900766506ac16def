import { randomBytes } from 'node:crypto'
import * as assert from 'uvu/assert'
import type { Requirement } from '../../../src/storage/driver.ts'
import { below } from '../../support/at-once.ts'
import type { Contract, ContractTest } from '../contract.ts'
import { commitOf, putRow, strongRead, type TableFixture, text, valuesOf } from './table-fixture.ts'

const P = text('partition')
const [A, B, C, D] = [text('a'), text('b'), text('c'), text('d')]

/** Requires row A to have this version, and another row to be absent. */
function twoRows(version: Buffer, sort: Buffer): readonly Requirement[] {
  const absent = { sort, version: null }
  return [{ sort: A, version }, absent]
}

export function commitTests(test: ContractTest, contract: Contract): void {
  test('a commit writes all its rows with its id as their version', async (table) => {
    await table.write(P, { put: [putRow(A, 'old'), putRow(B, 'kept'), putRow(C, 'gone')] })
    const id = await table.write(P, {
      put: [putRow(A, 'new'), putRow(D, 'added')],
      delete: [C, text('never there')],
    })
    const rows = await table.rows(P)
    assert.equal(valuesOf(rows), ['new', 'kept', 'added'])
    assert.equal(rows[0]?.version, id)
    assert.not.equal(rows[1]?.version, id)
    assert.equal(rows[2]?.version, id)
    assert.is(await table.get(P, C), null)
  })

  test('a refused commit writes nothing and returns every required row', async (table) => {
    const version = await table.write(P, { put: [putRow(A, 'a'), putRow(B, 'b')] })
    const before = await table.rows(P)
    const result = await table.commit(P, {
      ...commitOf({ put: [putRow(A, 'x'), putRow(C, 'x')], delete: [B] }),
      require: [{ sort: A, version }, { sort: C, version: randomBytes(16) }, { sort: B }],
    })
    assert.equal(result, {
      outcome: 'refused',
      current: [
        { sort: A, version, lock: null },
        { sort: C, version: null, lock: null },
        { sort: B, version, lock: null },
      ],
    })
    assert.equal(await table.rows(P), before)
  })

  test('a commit that requires a version applies only to exactly that version', async (table) => {
    const first = await table.put(P, A, 'first')
    const requiring = (version: Buffer | null) =>
      table.outcome(P, { put: [putRow(A, 'next')], require: [{ sort: A, version }] })
    assert.is(await requiring(randomBytes(16)), 'refused')
    assert.is(await requiring(null), 'refused')
    assert.is(await table.value(P, A), 'first')
    assert.is(await requiring(first), 'applied')
    assert.is(await requiring(first), 'refused')
    assert.is(await table.value(P, A), 'next')
  })

  test('a commit that requires absence applies only if there is no row', async (table) => {
    const insert = { put: [putRow(A)], require: [{ sort: A, version: null }] }
    assert.is(await table.outcome(P, insert), 'applied')
    assert.is(await table.outcome(P, insert), 'refused')
    await table.write(P, { delete: [A] })
    assert.is(await table.outcome(P, insert), 'applied')
  })

  test('a delete can require a version or absence', async (table) => {
    const version = await table.put(P, A)
    const deleting = (wanted: Buffer | null) =>
      table.outcome(P, { delete: [A], require: [{ sort: A, version: wanted }] })
    assert.is(await deleting(null), 'refused')
    assert.is(await deleting(randomBytes(16)), 'refused')
    assert.is(await deleting(version), 'applied')
    assert.is(await deleting(version), 'refused')
    assert.is(await deleting(null), 'applied')
    assert.is(await table.get(P, A), null)
  })

  test('a requirement without version or absence holds with and without a row', async (table) => {
    await table.put(P, A, 'one')
    await table.put(P, A, 'two')
    assert.is(await table.value(P, A), 'two')
    await table.write(P, { delete: [A] })
    await table.write(P, { delete: [A] })
    assert.is(await table.get(P, A), null)
  })

  test('the version of a deleted row never matches its successor', async (table) => {
    const first = await table.put(P, A, 'first life')
    await table.write(P, { delete: [A] })
    const require = [{ sort: A, version: first }]
    assert.is(await table.outcome(P, { put: [putRow(A)], require }), 'refused')
    await table.put(P, A, 'first life')
    assert.is(await table.outcome(P, { put: [putRow(A)], require }), 'refused')
    assert.is(await table.outcome(P, { delete: [A], require }), 'refused')
    assert.is(await table.value(P, A), 'first life')
  })

  test("repeating an applied commit is refused and shows the commit's own id", async (table) => {
    const commit = commitOf({ put: [putRow(A), putRow(B)], require: [{ sort: A, version: null }] })
    assert.is((await table.commit(P, commit)).outcome, 'applied')
    const result = await table.commit(P, commit)
    const current = [{ sort: A, version: commit.id, lock: null }]
    assert.equal(result, { outcome: 'refused', current })
  })

  test('rows of a commit share one order; a later commit of the partition is higher', async () => {
    const table = contract.table()
    let highest = -1n
    for (let round = 0; round < 20; round += 1) {
      const sorts = [A, B, C].slice(0, 1 + (round % 3))
      await table.write(P, { put: sorts.map((sort) => putRow(sort)), delete: [D] })
      const rows = await table.rows(P)
      const written = rows.slice(0, sorts.length).map((row) => row.order)
      const [order = -1n, ...others] = new Set(written)
      assert.is(written.length, sorts.length)
      assert.is(await table.order(P, A), order)
      assert.equal(others, [])
      assert.ok(order > highest, `round ${round}: ${order} after ${highest}`)
      await table.put(P, D)
      highest = await table.order(P, D)
      assert.ok(highest > order)
    }
  })

  test('the order of a row grows with each write, also in merged commits', async (table) => {
    const other = await contract.byAnother(table)
    /** Writes a row in rounds, by the given drivers in turn. */
    const write = async (sort: Buffer, rounds: number, ...by: readonly TableFixture[]) => {
      let last = -1n
      for (let round = 0; round < rounds; round += 1) {
        const writer = by[round % by.length] as TableFixture
        if (round === 2) await writer.write(P, { delete: [sort] })
        await writer.put(P, sort, `${round}`)
        const order = await table.order(P, sort)
        assert.ok(order > last, `${sort}, round ${round}: ${order} after ${last}`)
        last = order
      }
    }
    const writers = below(contract.scaled(60, 20))
    await Promise.all(writers.map((n) => write(text(`row ${n}`), 4, n % 2 === 0 ? table : other)))
    await write(text('shared'), 10, table, other)
  })

  test('a commit that only requires a row checks its version and leaves it unchanged', async () => {
    const table = contract.table()
    const version = await table.put(P, A, 'marker')
    const marker = await table.get(P, A)
    const requiring = (wanted: Buffer, sort: Buffer) =>
      table.commit(P, commitOf({ put: [putRow(sort, 'added')], require: twoRows(wanted, sort) }))
    assert.is((await requiring(version, B)).outcome, 'applied')
    assert.equal(await table.get(P, A), marker)
    const refused = await requiring(randomBytes(16), C)
    const current = [A, C].map((sort, n) => ({ sort, version: n ? null : version, lock: null }))
    assert.equal(refused, { outcome: 'refused', current })
    assert.is(await table.get(P, C), null)
    assert.equal(await table.get(P, A), marker)
    const sealed = await table.put(P, A, 'sealed')
    assert.is((await requiring(version, C)).outcome, 'refused')
    await contract.store().setLock(table.table, P, A, text('lock'))
    assert.is((await requiring(sealed, C)).outcome, 'refused', 'a locked row refuses')
    await contract.store().setLock(table.table, P, A, null)
    await table.write(P, { delete: [A] })
    assert.is((await requiring(sealed, C)).outcome, 'refused')
    assert.is(await table.get(P, A), null, 'a required row that is gone is not made')
    assert.equal(valuesOf(await table.rows(P)), ['added'])
  })

  test('a commit that requires a marker is applied before its change, or refused', async () => {
    const table = contract.table()
    const open = await table.put(P, A, 'open')
    const adds = below(contract.scaled(100, 30)).map((n) => text(`j${n}`))
    const add = (sort: Buffer) =>
      table.commit(P, commitOf({ put: [putRow(sort)], require: twoRows(open, sort) }))
    const half = adds.length / 2
    const [before, sealed, after] = await Promise.all([
      Promise.all(adds.slice(0, half).map(add)),
      table.put(P, A, 'sealed'),
      Promise.all(adds.slice(half).map(add)),
    ])
    const results = [...before, ...after]
    const applied = adds.filter((_, index) => results[index]?.outcome === 'applied')
    const refused = results.filter(({ outcome }) => outcome === 'refused')
    const rows = new Set((await table.rows(P)).map(({ sort }) => String(sort)))
    for (const sort of applied) assert.ok(rows.has(String(sort)))
    for (const result of refused) {
      if (result.outcome === 'refused') assert.equal(result.current[0]?.version, sealed)
    }
    const unknown = results.length - applied.length - refused.length
    assert.ok(rows.size - 1 >= applied.length && rows.size - 1 <= applied.length + unknown)
    for (const result of await Promise.all(adds.map(add))) assert.is(result.outcome, 'refused')
  })

  test('a row reads back with its exact bytes, size and expiry', async (table) => {
    const everyByte = Buffer.from(below(256))
    const values = [Buffer.alloc(0), Buffer.from([0]), everyByte, Buffer.alloc(70_000, 0xff)]
    for (const value of values) {
      const put = { sort: A, value, size: value.length + 17, expiresAt: 4_102_444_800 }
      const version = await table.write(P, { put: [put] })
      const { order: _, ...row } = { order: null, ...(await table.get(P, A)) }
      assert.equal(row, { ...put, version, lock: null })
    }
  })

  test('a driver returns rows whose expiresAt has passed', async (table) => {
    await table.write(P, { put: [{ ...putRow(A), expiresAt: 1 }] })
    assert.is((await table.get(P, A))?.expiresAt, 1)
    assert.is((await table.rows(P)).length, 1)
    assert.is((await table.scanAll()).length, 1)
    await table.put(P, A)
    assert.is((await table.get(P, A))?.expiresAt, 0)
  })

  test('changing a buffer after a write or read does not change the stored row', async (table) => {
    const [partition, sort, value] = [text('mine'), text('mine'), text('written')]
    await table.write(partition, { put: [putRow(sort, value)] })
    for (const buffer of [partition, sort, value]) buffer.fill(0x21)
    const first = await table.get(text('mine'), text('mine'))
    assert.is(first?.value.toString(), 'written')
    await table.put(P, B, 'another row')
    const second = await table.get(P, B)
    assert.is(first?.value.toString(), 'written', 'a later read must not change an earlier answer')
    assert.is(second?.value.toString(), 'another row')
    first?.value.fill(0x21)
    assert.is(await table.value(text('mine'), text('mine')), 'written')
  })

  test('getMany answers in the requested order, with null for an absent row', async (table) => {
    await table.write(P, { put: [putRow(A, 'a'), putRow(B, 'b'), putRow(C, 'c')] })
    const asked = [C, text('x'), A, B, text('aa')]
    const rows = await table.driver.getMany(table.table, P, asked, strongRead())
    const values = rows.map((row) => row?.value.toString() ?? null)
    assert.equal(values, ['c', null, 'a', 'b', null])
    assert.equal(await table.driver.getMany(table.table, P, [], strongRead()), [])
  })

  test('every read level sees earlier writes of the same driver', async (table) => {
    await table.put(P, A, 'written')
    for (const level of ['strong', 'serial'] as const) {
      const row = await table.driver.get(table.table, P, A, { ...strongRead(), level })
      assert.is(row?.value.toString(), 'written')
    }
  })

  test('equal names of partitions in different tables stay separate', async (one) => {
    const two = contract.table()
    await one.put(P, A, 'one')
    await two.put(P, A, 'two')
    await one.put(text('other'), A, 'other')
    assert.is(await one.value(P, A), 'one')
    assert.is(await two.value(P, A), 'two')
    assert.equal(valuesOf(await one.rows(P)), ['one'])
    await two.write(P, { delete: [A] })
    assert.is(await one.value(P, A), 'one')
  })

  test('an embedded driver returns versionNow, and checks the fence of a commit', async (table) => {
    const { driver } = table
    if (driver.versionNow === undefined) return
    const versionNow = (sort: Buffer) => driver.versionNow?.(table.table, P, sort)
    assert.is(versionNow(A), null)
    const version = await table.put(P, A)
    assert.equal(versionNow(A), version)
    const fence = { table: table.table, partition: P, sort: A, version }
    const fenced = () => ({ ...commitOf({ put: [putRow(B)] }), fence })
    assert.is((await table.commit(text('another partition'), fenced())).outcome, 'applied')
    const moved = await table.put(P, A)
    assert.equal(versionNow(A), moved)
    assert.is((await table.commit(text('third'), fenced())).outcome, 'fenced')
    assert.is(await table.get(text('third'), B), null)
    await table.write(P, { delete: [A] })
    assert.is(versionNow(A), null)
    assert.is((await table.commit(text('third'), fenced())).outcome, 'fenced')
  })
}
