import { randomBytes } from 'node:crypto'
import * as assert from 'uvu/assert'
import { CountedStorage } from '../../src/storage/counted-storage.ts'
import { MemoryDriver } from '../../src/storage/memory/driver.ts'
import { suite } from '../support/suite.ts'
import { commitOf, putRow, strongRead, TableFixture, text } from './contract/table-fixture.ts'
import { faulty } from './faulty-driver.ts'

const test = suite('counted storage')

const [P, S] = [text('partition'), text('row')]

function counted() {
  const driver = new MemoryDriver()
  const storage = new CountedStorage(driver)
  return { driver, storage, table: new TableFixture(storage, randomBytes(16)) }
}

function cost({ requests, depth }: CountedStorage): [number, number] {
  return [requests, depth]
}

test('sequential calls: the depth is the number of calls', async () => {
  const { storage, table } = counted()
  assert.equal(cost(storage), [0, 0])
  await table.get(P, S)
  await table.commit(P, commitOf({ put: [putRow(S)] }))
  await table.slice(P)
  assert.equal(cost(storage), [3, 3])
})

test('parallel calls count as one level of depth, the next call as another', async () => {
  const { storage, table } = counted()
  await Promise.all([table.get(P, S), table.scan(), table.slice(P)])
  assert.equal(cost(storage), [3, 1])
  await storage.getMany(table.table, P, [S], strongRead())
  assert.equal(cost(storage), [4, 2])
})

test('every kind of call is counted, also one that fails', async () => {
  const driver = faulty(new MemoryDriver(), () => ({ fault: 'unavailable' }))
  const storage = new CountedStorage(driver)
  const table = new TableFixture(storage, randomBytes(16))
  const calls = [
    () => table.get(P, S),
    () => storage.getMany(table.table, P, [S], strongRead()),
    () => table.slice(P),
    () => table.scan(),
    () => table.commit(P, commitOf({ put: [putRow(S)] })),
    () => storage.sorts(table.table, P, {}, 1, strongRead()),
    () => storage.append(randomBytes(16), P, [{ sort: S, value: S }], performance.now() + 30_000),
    () => storage.drop(table.table, P, 1n, performance.now() + 30_000),
    () => storage.purge(table.table, null, performance.now() + 30_000),
  ]
  for (const [i, call] of calls.entries()) {
    await call().catch(() => undefined)
    assert.equal(cost(storage), [i + 1, i + 1])
  }
})

test('versionNow is passed through uncounted, and absent if the driver has none', async () => {
  const { driver, storage, table } = counted()
  const version = await table.put(P, S)
  const before = cost(storage)
  assert.equal(storage.versionNow?.(table.table, P, S), version)
  assert.equal(cost(storage), before)
  const { versionNow: _, ...rest } = faulty(driver, () => undefined)
  assert.is(new CountedStorage(rest).versionNow, undefined)
})

test.run()
