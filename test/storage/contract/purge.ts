import type { Test } from 'uvu'
import * as assert from 'uvu/assert'
import type { Contract } from '../contract.ts'
import { load, numbered, putRow, type TableFixture, text } from './table-fixture.ts'

const CALLS_MAX = 10_000

async function purge(table: TableFixture): Promise<void> {
  let position: Buffer | null = null
  for (let call = 0; call < CALLS_MAX; call += 1) {
    position = await table.driver.purge(table.table, position, performance.now() + 30_000)
    if (position === null) return
  }
  throw new Error('purging never comes to an end')
}

export function purgeTests(test: Test, contract: Contract): void {
  test('purge removes every row of a table, locks too, and none of another', async () => {
    const [table, other] = [contract.table(), contract.table()]
    const partitions = contract.scaled(200, 30)
    for (let index = 0; index < partitions; index += 1) {
      await table.put(text(`p${index}`), text('s'))
      await other.put(text(`p${index}`), text('s'))
    }
    const long = Buffer.alloc(2048, 0x61)
    const rows = contract.scaled(5000, 300)
    await load(
      table,
      long,
      Array.from({ length: rows }, (_, n) => putRow(numbered(n))),
    )
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

  test('purging is idempotent, also of a table that never was', async () => {
    const table = contract.table()
    await purge(table)
    await table.put(text('p'), text('s'))
    await purge(table)
    assert.is(await table.driver.purge(table.table, null, performance.now() + 30_000), null)
  })
}
