import * as assert from 'uvu/assert'
import type { Contract, ContractTest } from '../contract.ts'
import { commitOf, putRow, strongRead, text, valuesOf } from './table-fixture.ts'

const P = text('partition')
const [A, B] = [text('a'), text('b')]
const LOCK = text('transaction 1')

export function lockTests(test: ContractTest, contract: Contract): void {
  test('a commit that requires a locked row is refused and shows the lock', async (table) => {
    const version = await table.put(P, A, 'before')
    await contract.store().setLock(table.table, P, A, LOCK)
    assert.equal((await table.get(P, A))?.lock, LOCK)
    const current = [{ sort: A, version, lock: LOCK }]
    for (const commit of [
      commitOf({ put: [putRow(A, 'after')] }),
      commitOf({ put: [putRow(A, 'after')], require: [{ sort: A, version }] }),
      commitOf({ put: [putRow(A, 'after')], require: [{ sort: A, version: null }] }),
      commitOf({ delete: [A] }),
      commitOf({ put: [putRow(B, 'beside')], delete: [A], require: [{ sort: A }] }),
    ]) {
      assert.equal(await table.commit(P, commit), { outcome: 'refused', current })
    }
    assert.equal(valuesOf(await table.rows(P)), ['before'])
    await contract.store().setLock(table.table, P, A, null)
    await table.put(P, A, 'after')
    assert.is(await table.value(P, A), 'after')
  })

  test('a lock does not block other rows', async (table) => {
    await table.write(P, { put: [putRow(A), putRow(B)] })
    await contract.store().setLock(table.table, P, A, LOCK)
    await table.put(P, B, 'written')
    assert.is(await table.value(P, B), 'written')
  })

  test("a put without a requirement keeps the row's lock", async (table) => {
    await table.write(P, { put: [putRow(A), putRow(B)] })
    await contract.store().setLock(table.table, P, B, LOCK)
    await table.write(P, { put: [putRow(A), putRow(B, 'written')], require: [{ sort: A }] })
    assert.is(await table.value(P, B), 'written')
    assert.equal((await table.get(P, B))?.lock, LOCK)
  })

  test('a lock on an absent row refuses commits, and reads show no row', async (table) => {
    await table.put(P, B, 'b')
    await contract.store().setLock(table.table, P, A, LOCK)
    const current = [{ sort: A, version: null, lock: LOCK }]
    for (const require of [[{ sort: A }], [{ sort: A, version: null }]]) {
      const result = await table.commit(P, commitOf({ put: [putRow(A)], require }))
      assert.equal(result, { outcome: 'refused', current })
    }
    assert.is(await table.get(P, A), null)
    assert.equal((await table.driver.getMany(table.table, P, [A], strongRead()))[0], null)
    assert.is(table.driver.versionNow?.(table.table, P, A) ?? null, null)
    assert.equal(valuesOf(await table.rows(P)), ['b'])
    assert.equal(valuesOf((await table.slice(P, {}, 'backward')).rows), ['b'])
    assert.equal(valuesOf(await table.scanAll()), ['b'])
    const budget = { rows: 1, bytes: 1 }
    assert.equal(valuesOf((await table.slice(P, {}, 'forward', budget)).rows), ['b'])
    assert.equal(valuesOf(await table.scanAll({ budget })), ['b'])
    await contract.store().setLock(table.table, P, A, null)
    const insert = { put: [putRow(A, 'a')], require: [{ sort: A, version: null }] }
    assert.is(await table.outcome(P, insert), 'applied')
  })
}
