import * as assert from 'uvu/assert'
import { EngineTime } from '../../../src/engine/engine-time.ts'
import { EXPIRY_TABLE_ID } from '../../../src/engine/format/system-tables.ts'
import {
  EXPIRY_SHARDS,
  type ExpiryEntry,
  ExpiryJournal,
  expiryEntryOf,
  expiryPartition,
  minuteOf,
} from '../../../src/engine/jobs/expiry-journal.ts'
import type { StorageDriver } from '../../../src/storage/driver.ts'
import { TableFixture } from '../../storage/contract/table-fixture.ts'
import { WornDriver, WornStore } from '../../storage/worn-driver.ts'
import { suite } from '../../support/suite.ts'
import { timed } from '../remote-driver.ts'

const test = suite('expiry journal')

const ENTRY: ExpiryEntry = {
  tableId: Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex'),
  projectId: 'project',
  table: 'table',
  partition: Buffer.from('hash'),
  sort: Buffer.from('10c08065', 'hex'),
}
const EXPIRES_AT = 1_700_000_099
const MINUTE = 28_333_334

/** The journal of a new process. */
function journalOf(driver: StorageDriver, ownSeconds = EXPIRES_AT - 1_000) {
  const time = new EngineTime({
    driver,
    now: () => ownSeconds * 1_000,
    monotonicNow: () => 0,
    onBackgroundError: () => {},
  })
  const journal = new ExpiryJournal(time)
  return {
    add: (entry: ExpiryEntry, expiresAt: number) =>
      journal.add(driver, entry, expiresAt, performance.now() + 30_000),
    close: () => time.close(),
  }
}

function rowsOf(driver: StorageDriver) {
  return new TableFixture(driver, EXPIRY_TABLE_ID).scanAll()
}

/** Databases contain these bytes. Never change a vector, only add some. */
test('the bytes of a journal row never change', async () => {
  const driver = new WornDriver()
  await journalOf(driver).add(ENTRY, EXPIRES_AT)
  const [row, ...others] = await rowsOf(driver)
  assert.is(others.length, 0)
  assert.is(EXPIRY_TABLE_ID.toString('hex'), '0000000000000000000000000000000c')
  assert.is(row?.partition.length, 5)
  assert.ok((row?.partition[0] ?? EXPIRY_SHARDS) < EXPIRY_SHARDS)
  assert.is(row?.partition.subarray(1).toString('hex'), '01b05516')
  assert.is(
    row?.sort.toString('hex'),
    '90eb7c736219b620b7f6cc11a633b8cdb5e14756355080a160f96db8ae1609eb',
  )
  assert.is(
    row?.value.toString(),
    '{"tableId":"AAECAwQFBgcICQoLDA0ODw==","projectId":"project","table":"table",' +
      '"partition":"aGFzaA==","sort":"EMCAZQ=="}',
  )
  if (row) assert.equal(expiryEntryOf(row), ENTRY)
})

test('unforeseen and known expiries of an item are separate rows', async () => {
  const driver = new WornDriver()
  const journal = journalOf(driver)
  const unforeseen: ExpiryEntry = { ...ENTRY, unforeseen: true }
  await journal.add(ENTRY, EXPIRES_AT)
  await journal.add(unforeseen, EXPIRES_AT)
  const rows = await rowsOf(driver)
  assert.equal(new Set(rows.map(expiryEntryOf).map((entry) => entry.unforeseen)).size, 2)
  const row = rows.find((each) => expiryEntryOf(each).unforeseen)
  assert.is(
    row?.sort.toString('hex'),
    '1f38e852ce9375fb24d32042b09c0ac290e576c03f5e5b22bc3a85127f7a1904',
  )
  assert.is(
    row?.value.toString(),
    '{"tableId":"AAECAwQFBgcICQoLDA0ODw==","projectId":"project","table":"table",' +
      '"partition":"aGFzaA==","sort":"EMCAZQ==","unforeseen":true}',
  )
  if (row) assert.equal(expiryEntryOf(row), unforeseen)
})

test('journal rows of one minute and shard share a partition', () => {
  assert.is(minuteOf(EXPIRES_AT * 1_000), MINUTE)
  assert.is(minuteOf(120_000), 2)
  assert.is(minuteOf(119_999), 1)
  assert.is(expiryPartition(63, MINUTE).toString('hex'), '3f01b05516')
})

test('keys with equal concatenations differ; a repeated row is stored once', async () => {
  const driver = new WornDriver()
  const journal = journalOf(driver)
  const shifted = { partition: Buffer.from('has'), sort: Buffer.from('6810c08065', 'hex') }
  await journal.add(ENTRY, EXPIRES_AT)
  await journal.add({ ...ENTRY, ...shifted }, EXPIRES_AT)
  await journal.add(ENTRY, EXPIRES_AT - 1)
  assert.is((await rowsOf(driver)).length, 2)
})

test('a process appends 4,096 rows to one shard, then to the next', async () => {
  const driver = new WornDriver()
  const journal = journalOf(driver)
  for (let n = 0; n <= 2 * 4_096; n++) {
    await journal.add({ ...ENTRY, partition: Buffer.from(`${n}`) }, EXPIRES_AT)
  }
  const counts = new Map<number, number>()
  for (const { partition } of await rowsOf(driver)) {
    const shard = partition[0] ?? -1
    counts.set(shard, (counts.get(shard) ?? 0) + 1)
  }
  const last = [...counts].find(([, count]) => count === 1)?.[0] ?? -1
  const before = (n: number) => (last + EXPIRY_SHARDS - n) % EXPIRY_SHARDS
  assert.equal([counts.get(before(2)), counts.get(before(1)), counts.size], [4_096, 4_096, 3])
})

test('processes take different shards', async () => {
  const driver = new WornDriver()
  for (let n = 0; n < 64; n++) await journalOf(driver).add(ENTRY, EXPIRES_AT)
  assert.ok((await rowsOf(driver)).length > 16, 'they would be 40 of 64 by chance')
})

test('an expiry in a past minute is journalled in the current one', async () => {
  for (const [ownSeconds, minute] of [
    [EXPIRES_AT - 60, MINUTE + 10],
    [EXPIRES_AT + 6_000, MINUTE + 10],
  ] as const) {
    const driver = timed(new WornStore(), { seconds: EXPIRES_AT + 600 })
    const journal = journalOf(driver, ownSeconds)
    await journal.add(ENTRY, EXPIRES_AT)
    const [row] = await rowsOf(driver)
    assert.is(row?.partition.readUInt32BE(1), minute, 'whatever the own clock says')
    journal.close()
  }
})

test.run()
