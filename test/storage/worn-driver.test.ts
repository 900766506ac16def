import * as assert from 'uvu/assert'
import { StorageUnavailableError } from '../../src/storage/driver.ts'
import { suite } from '../support/suite.ts'
import { numbered, putRow, TableFixture, text } from './contract/table-fixture.ts'
import { TOMBSTONES_MAX, WornDriver } from './worn-driver.ts'

const test = suite('worn driver')

const PARTITION = text('p')
const EACH_TIME = 100
const UNAVAILABLE = StorageUnavailableError.name

async function nameOfError(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'none',
    (error: Error) => error.name,
  )
}

/** A table with `count` deleted rows before one that exists. */
async function worn(count: number): Promise<TableFixture> {
  const table = new TableFixture(new WornDriver(), Buffer.alloc(16, 7))
  for (let start = 0; start < count; start += EACH_TIME) {
    const length = Math.min(EACH_TIME, count - start)
    const sorts = Array.from({ length }, (_, index) => numbered(start + index))
    await table.write(PARTITION, { put: sorts.map((sort) => putRow(sort)) })
    await table.write(PARTITION, { delete: sorts })
  }
  await table.put(PARTITION, numbered(count + 1))
  return table
}

test('a read that passes as many tombstones as allowed succeeds', async () => {
  const table = await worn(TOMBSTONES_MAX)
  assert.is((await table.rows(PARTITION)).length, 1)
  assert.is((await table.scanAll()).length, 1)
})

test('a read that passes more tombstones than allowed fails', async () => {
  const table = await worn(TOMBSTONES_MAX + 1)
  assert.is(await nameOfError(table.rows(PARTITION)), UNAVAILABLE)
  assert.is(await nameOfError(table.slice(PARTITION, {}, 'backward')), UNAVAILABLE)
  assert.is(await nameOfError(table.scan()), UNAVAILABLE)
})

test('a read that begins after the tombstones, or ends before them, succeeds', async () => {
  const table = await worn(TOMBSTONES_MAX + 1)
  const behind = await table.slice(PARTITION, { from: numbered(TOMBSTONES_MAX + 1) })
  assert.is(behind.rows.length, 1)
  const last = await table.slice(PARTITION, {}, 'backward', { rows: 1, bytes: 1_000 })
  assert.is(last.rows.length, 1)
})

test('a dropped partition has no tombstones to pass', async () => {
  const table = await worn(TOMBSTONES_MAX + 1)
  const last = await table.slice(PARTITION, {}, 'backward', { rows: 1, bytes: 1_000 })
  const through = last.rows[0]?.order ?? 0n
  await table.driver.drop(table.table, PARTITION, through, performance.now() + 30_000)
  assert.equal(await table.rows(PARTITION), [])
})

test.run()
