import * as assert from 'uvu/assert'
import { below } from '../../support/at-once.ts'
import type { Contract, ContractTest } from '../contract.ts'
import { numbered, soon, type TableFixture, text } from './table-fixture.ts'

const CALLS_MAX = 10_000

async function purge(
  table: TableFixture,
  from: Buffer | null = null,
  milliseconds = 30_000,
): Promise<void> {
  let position = from
  for (let call = 0; call < CALLS_MAX; call += 1) {
    // Each call gets more time. On a slow machine the first may be too short for a single read.
    const deadline = performance.now() + milliseconds * 1.1 ** call
    position = await table.driver.purge(table.table, position, deadline)
    if (position === null) return
  }
  throw new Error('purging never comes to an end')
}

export function purgeTests(test: ContractTest, contract: Contract): void {
  test('purge removes all rows and locks of a table, and no others', async (table) => {
    const other = contract.table()
    const partitions = contract.scaled(200, 30)
    for (const n of below(partitions)) {
      for (const each of [table, other]) await each.put(text(`p${n}`), text('s'))
    }
    const long = Buffer.alloc(2048, 0x61)
    await table.loadNumbers(long, below(contract.scaled(5000, 300)))
    await contract.store().setLock(table.table, text('p1'), text('s'), text('lock'))
    await contract.store().setLock(table.table, text('p2'), text('absent'), text('lock'))
    await purge(table)
    assert.equal(await table.scan(), { rows: [], more: false })
    assert.equal(await table.rows(long), [])
    await table.put(text('p1'), text('s'))
    await table.put(text('p2'), text('absent'))
    assert.is((await other.scanAll()).length, partitions)
    await purge(table)
    assert.equal((await table.scan()).rows, [])
    assert.is((await other.scanAll()).length, partitions)
  })

  test('purge continues from its position in another driver, in very short steps', async () => {
    const table = contract.table()
    const partitions = contract.scaled(5000, 200)
    await Promise.all(below(partitions).map((n) => table.put(numbered(n), text('s'))))
    const positions: Buffer[] = []
    let position: Buffer | null = null
    let milliseconds = 5
    do {
      const driver = contract.store().another()
      await driver.open()
      const deadline = performance.now() + milliseconds
      const next: Buffer | null = await driver.purge(table.table, position, deadline)
      await driver.close()
      milliseconds *= 1.5
      position = next && Buffer.from(next.toString('hex'), 'hex')
      if (position) positions.push(position)
      assert.ok(positions.length < CALLS_MAX)
    } while (position)
    assert.equal(await table.scan(), { rows: [], more: false })
    assert.ok(positions.length > 0)
    for (const stored of positions.slice(-5)) await purge(table, stored)
  })

  test('16 purges at once all complete, and none fails at its deadline', async () => {
    const tables = below(16).map(() => contract.table())
    const partitions = below(contract.scaled(200, 20)).map(numbered)
    const other = contract.table()
    await other.put(text('p'), text('s'))
    const puts = (table: TableFixture) => partitions.map((each) => table.put(each, text('s')))
    await Promise.all(tables.flatMap(puts))
    await Promise.all(tables.map((table) => purge(table, null, 100)))
    for (const table of tables) assert.equal((await table.scan()).rows, [])
    assert.is((await other.scanAll()).length, 1)
  })

  test('a purge that reaches its deadline returns the position to continue from', async (table) => {
    await table.put(text('p'), text('s'))
    const late = performance.now() - 1
    const position = await table.driver.purge(table.table, null, late)
    assert.ok(position)
    assert.ok(await table.driver.purge(table.table, position, late))
    await purge(table, position)
    assert.equal((await table.scan()).rows, [])
  })

  test('purge is idempotent, also for a table that never existed', async (table) => {
    await purge(table)
    await table.put(text('p'), text('s'))
    await purge(table)
    assert.is(await table.driver.purge(table.table, null, soon()), null)
  })
}
