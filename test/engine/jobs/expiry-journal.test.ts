import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { EXPIRY_TABLE_ID } from '../../../src/engine/format/system-tables.ts'
import {
  type ExpiryEntry,
  expiryEntryOf,
  expiryPartition,
  expirySlice,
  forgetExpiries,
  journalExpiry,
  slotOf,
} from '../../../src/engine/jobs/expiry-journal.ts'
import { MemoryDriver } from '../../../src/storage/memory/driver.ts'
import { strongRead, TableFixture } from '../../storage/contract/table-fixture.ts'

const test = suite('expiry journal')

const ENTRY: ExpiryEntry = {
  tableId: Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex'),
  projectId: 'project',
  table: 'table',
  partition: Buffer.from('hash'),
  sort: Buffer.from('10c08065', 'hex'),
}
const EXPIRES_AT = 1_700_000_099

function deadline(): number {
  return performance.now() + 30_000
}

/** These bytes are in databases: vectors are added, never changed. */
test('the bytes of an entry', async () => {
  const driver = new MemoryDriver()
  await journalExpiry(driver, ENTRY, EXPIRES_AT, deadline())
  const [row, ...others] = await new TableFixture(driver, EXPIRY_TABLE_ID).scanAll()
  assert.is(others.length, 0)
  assert.is(row?.partition.toString('hex'), '0001b05516')
  assert.is(
    row?.sort.toString('hex'),
    '90eb7c736219b620b7f6cc11a633b8cdb5e14756355080a160f96db8ae1609eb',
  )
  assert.is(
    row?.value.toString(),
    '{"tableId":"AAECAwQFBgcICQoLDA0ODw==","projectId":"project","table":"table",' +
      '"partition":"aGFzaA==","sort":"EMCAZQ=="}',
  )
  assert.is(row?.expiresAt, EXPIRES_AT)
  if (row) assert.equal(expiryEntryOf(row), ENTRY)
})

test('a minute and shard is one partition', () => {
  assert.is(slotOf(EXPIRES_AT), 28_333_334)
  assert.is(slotOf(120), 2)
  assert.is(slotOf(119.9), 1)
  assert.is(expiryPartition(15, 28_333_334).toString('hex'), '0f01b05516')
})

test('keys that run together are told apart', async () => {
  const driver = new MemoryDriver()
  const shifted = { partition: Buffer.from('has'), sort: Buffer.from('6810c08065', 'hex') }
  await journalExpiry(driver, ENTRY, EXPIRES_AT, deadline())
  await journalExpiry(driver, { ...ENTRY, ...shifted }, EXPIRES_AT, deadline())
  await journalExpiry(driver, ENTRY, EXPIRES_AT - 1, deadline())
  assert.is((await new TableFixture(driver, EXPIRY_TABLE_ID).scanAll()).length, 2)
})

test('what is journalled anew is not forgotten', async () => {
  const driver = new MemoryDriver()
  await journalExpiry(driver, ENTRY, EXPIRES_AT, deadline())
  const [row] = await new TableFixture(driver, EXPIRY_TABLE_ID).scanAll()
  const journal = row?.partition ?? Buffer.alloc(0)
  const { rows } = await expirySlice(driver, journal, undefined, strongRead())
  await journalExpiry(driver, ENTRY, EXPIRES_AT, deadline())
  assert.is(await forgetExpiries(driver, journal, rows, deadline()), false)
  const renewed = await expirySlice(driver, journal, undefined, strongRead())
  assert.is(renewed.rows.length, 1)
  assert.is(await forgetExpiries(driver, journal, renewed.rows, deadline()), true)
  assert.is((await expirySlice(driver, journal, undefined, strongRead())).rows.length, 0)
})

test.run()
