import * as assert from 'uvu/assert'
import { EXPIRY_TABLE_ID, tableIdOf } from '../../../src/engine/format/system-tables.ts'
import { expiryPartition } from '../../../src/engine/jobs/expiry-journal.ts'
import { deleteItem } from '../../../src/operations/items/delete-item.ts'
import { putItem } from '../../../src/operations/items/put-item.ts'
import { deleteTable } from '../../../src/operations/tables/delete-table.ts'
import type { StorageDriver } from '../../../src/storage/driver.ts'
import { numbered, TableFixture } from '../../storage/contract/table-fixture.ts'
import { type Fault, type FaultyCall, faulty } from '../../storage/faulty-driver.ts'
import { WornDriver } from '../../storage/worn-driver.ts'
import { suite } from '../../support/suite.ts'
import { EngineFixture, outcomeOf, WITH_INDEXES } from '../engine-fixture.ts'
import { item, shown } from '../short-items.ts'
import { FIRST_MINUTE, IDLE, KEY, NONE, START_SECONDS, Sweeping } from './sweeping.ts'

const test = suite('expire items job')

test('an expired item is deleted with its index entries and journal rows', async () => {
  const fixture = new Sweeping()
  const tableId = tableIdOf(await fixture.create('table', WITH_INDEXES))
  await fixture.put(60)
  await fixture.put(undefined, item({ h: 'a', r: 2, text: 'y' }))
  assert.is((await fixture.rows(tableId)).length, 5)
  fixture.wait(119)
  await fixture.sweep()
  assert.is((await fixture.rows(tableId)).length, 5, 'while the minute may still be written to')
  fixture.wait(61)
  await fixture.sweep()
  assert.is((await fixture.rows(tableId)).length, 2)
  assert.is((await fixture.rows(EXPIRY_TABLE_ID)).length, 0)
  const minutes = new Set(fixture.groups.map(({ minute }) => minute))
  assert.equal(minutes, new Set([FIRST_MINUTE + 2]), 'only closed minutes are done with')
  await fixture.close()
})

test('an item whose expiry was prolonged or removed survives the first expiry', async () => {
  for (const [prolong, livesOn] of [
    [(fixture: Sweeping) => fixture.put(undefined), true],
    [(fixture: Sweeping) => fixture.update(0), true],
    [(fixture: Sweeping) => fixture.put(6_000), false],
    [(fixture: Sweeping) => fixture.update(6_000), false],
  ] as const) {
    const fixture = new Sweeping()
    const tableId = tableIdOf(await fixture.create('table', WITH_INDEXES))
    await fixture.put(60)
    await prolong(fixture)
    fixture.wait(1_000)
    await fixture.sweep()
    assert.is((await fixture.rows(tableId)).length, 3)
    assert.ok(await fixture.get('table', KEY))
    fixture.wait(6_000)
    await fixture.sweep()
    assert.is((await fixture.rows(tableId)).length, livesOn ? 3 : 0)
    await fixture.close()
  }
})

test("an update without time_to_live keeps the item's expiry", async () => {
  const fixture = new Sweeping()
  const tableId = tableIdOf(await fixture.create('table', WITH_INDEXES))
  await fixture.put(60)
  fixture.wait(30)
  await fixture.update()
  fixture.wait(29)
  assert.ok(await fixture.get('table', KEY))
  fixture.wait(1)
  assert.is(await fixture.get('table', KEY), undefined)
  fixture.wait(120)
  await fixture.sweep()
  assert.is((await fixture.rows(tableId)).length, 0)
  await fixture.close()
})

test("a write between the sweep's read and its deletion keeps the item", async () => {
  let renew: (() => Promise<void>) | undefined
  const memory = new WornDriver()
  const driver = faulty(memory, () => undefined)
  const { commit } = driver
  const fixture = new Sweeping(driver)
  const tableId = tableIdOf(await fixture.create('table', WITH_INDEXES))
  await fixture.put(60)
  fixture.wait(200)
  driver.commit = async (table, ...rest) => {
    const first = table.equals(tableId) ? renew : undefined
    if (first) renew = undefined
    await first?.()
    return commit(table, ...rest)
  }
  renew = () => fixture.put(6_000)
  await fixture.sweep()
  assert.is(renew, undefined)
  assert.ok(await fixture.get('table', KEY))
  await fixture.close()
})

test('journal rows of deleted tables and their predecessors are dropped', async () => {
  const read: string[] = []
  const driver = faulty(new WornDriver(), ({ method, table }) => {
    if (method === 'get') read.push(table.toString('hex'))
    return undefined
  })
  const fixture = new Sweeping(driver)
  const tableId = tableIdOf(await fixture.create('table', WITH_INDEXES))
  const predecessor = { tableId: Buffer.alloc(16, 7), projectId: 'project', table: 'table' }
  const place = { partition: Buffer.from('a'), sort: Buffer.of(0x10) }
  const expiresAt = START_SECONDS + 1
  const deadline = performance.now() + 30_000
  const entry = { ...predecessor, ...place }
  await fixture.engine.expiries.add(fixture.driver, entry, expiresAt, deadline)
  fixture.wait(200)
  await fixture.sweep()
  assert.is((await fixture.rows(EXPIRY_TABLE_ID)).length, 0)
  assert.not(read.includes(tableId.toString('hex')), 'its successor is not looked at')
  await fixture.put(60)
  await fixture.run(deleteTable, { table: 'table' })
  fixture.wait(200)
  await fixture.sweep()
  assert.is((await fixture.rows(EXPIRY_TABLE_ID)).length, 0)
  await fixture.close()
})

test('items with the longest keys expire', async () => {
  const fixture = new Sweeping()
  const attributeTypes = new Map([['h', 'S'] as const, ['r', 'S'] as const])
  const tableId = tableIdOf(await fixture.create('table', { attributeTypes }))
  await fixture.put(60, item({ h: 'h'.repeat(2_048), r: 'r'.repeat(1_024) }))
  fixture.wait(200)
  await fixture.sweep()
  assert.is((await fixture.rows(tableId)).length, 0)
  await fixture.close()
})

test('an item is journalled before its write, and not written if that fails', async () => {
  const tables: Buffer[] = []
  let fault: Fault | undefined
  const script = ({ method, table }: FaultyCall) => {
    if (method !== 'commit' && method !== 'append') return undefined
    tables.push(table)
    return table.equals(EXPIRY_TABLE_ID) ? fault : undefined
  }
  const fixture = new Sweeping(faulty(new WornDriver(), script))
  const tableId = tableIdOf(await fixture.create('table', WITH_INDEXES))
  tables.length = 0
  await fixture.put(60)
  const ofItems = tables.filter((table) =>
    [EXPIRY_TABLE_ID, tableId].some((id) => id.equals(table)),
  )
  assert.equal(ofItems, [EXPIRY_TABLE_ID, tableId])
  await fixture.run(deleteItem, { ...NONE, key: KEY })
  for (const each of ['unavailable', 'lost-unknown'] as const) {
    fault = { fault: each }
    const error = await fixture.put(60).catch((reason: unknown) => reason)
    assert.is((error as Error).name, 'StorageUnavailableError')
    assert.is((await fixture.rows(tableId)).length, 0)
  }
  assert.is(await outcomeOf(fixture.put(undefined)), 'ok', 'what does not expire needs no journal')
  await fixture.close()
})

test('a journal row of unknown outcome is repeated, and the item is written', async () => {
  for (const fault of ['lost-unknown', 'applied-unknown'] as const) {
    let tries = 0
    const script = ({ method, table }: FaultyCall): Fault | undefined => {
      const isJournal = method === 'append' && table.equals(EXPIRY_TABLE_ID)
      return isJournal && ++tries < 3 ? { fault } : undefined
    }
    const fixture = new Sweeping(faulty(new WornDriver(), script))
    await fixture.create('table', WITH_INDEXES)
    await fixture.put(60)
    assert.is(tries, 3)
    assert.is((await fixture.rows(EXPIRY_TABLE_ID)).length, 1)
    assert.ok(await fixture.get('table', KEY))
    await fixture.close()
  }
})

test('after a long outage all expired items are deleted', async () => {
  const fixture = new Sweeping()
  const tableId = tableIdOf(await fixture.create('table', WITH_INDEXES))
  await fixture.put(150 * 60)
  fixture.wait(200 * 60)
  await fixture.sweep()
  assert.is((await fixture.rows(tableId)).length, 0)
  await fixture.close()
})

/** Appends entries of a missing table to a journal of group 0. */
async function journalOfOthers(fixture: Sweeping, count: number): Promise<void> {
  const entry = { tableId: '', projectId: 'project', table: 'gone', partition: '', sort: '' }
  const value = Buffer.from(JSON.stringify(entry))
  const rows = Array.from({ length: count }, (_, n) => ({ sort: numbered(n), value }))
  const journal = expiryPartition(1, FIRST_MINUTE)
  for (let n = 0; n < count; n += 1_000) {
    const some = rows.slice(n, n + 1_000)
    await fixture.driver.append(EXPIRY_TABLE_ID, journal, some, performance.now() + 30_000)
  }
}

test('a sweep that is behind continues without a rest', async () => {
  const fixture = new Sweeping()
  await journalOfOthers(fixture, 9_000)
  fixture.wait(200)
  const rests: unknown[] = []
  while (rests.at(-1) === undefined) rests.push((await fixture.step(0)).restMs)
  assert.ok(rests.length > 15 && rests.length < 20, `${rests.length} steps`)
  assert.is(rests.at(-1), 40_000, 'until the next minute is closed')
  assert.is((await fixture.rows(EXPIRY_TABLE_ID)).length, 0)
  await fixture.close()
})

test('a page that takes longer than a step is swept in several steps', async () => {
  let isSlow = false
  const driver = faulty(new WornDriver(), ({ method }) =>
    isSlow && method === 'commit' ? { fault: 'delay', milliseconds: 300 } : undefined,
  )
  const read = journalReads(driver)
  const fixture = new Sweeping(driver)
  const tableId = tableIdOf(await fixture.create('table', WITH_INDEXES))
  for (let r = 0; r < 1_000; r++) await fixture.put(60, item({ h: 'a', r }))
  fixture.wait(200)
  isSlow = true
  const before = (await fixture.rows(tableId)).length
  const [group = 0] = await groupsWithRows(fixture)
  assert.ok(await fixture.step(group))
  const left = (await fixture.rows(tableId)).length
  assert.ok(left > 0 && left < before, 'some, not all')
  assert.is((await fixture.rows(EXPIRY_TABLE_ID)).length, 1_000, 'it is dropped whole, at the end')
  isSlow = false
  await fixture.sweep()
  assert.is((await fixture.rows(tableId)).length, 0)
  assert.is((await fixture.rows(EXPIRY_TABLE_ID)).length, 0)
  assert.ok(read.rows <= 1_500, 'what is done is not read again')
  await fixture.close()
})

async function groupsWithRows(fixture: Sweeping): Promise<number[]> {
  const rows = await fixture.rows(EXPIRY_TABLE_ID)
  return [...new Set(rows.map(({ partition }) => Math.floor((partition[0] ?? 0) / 4)))]
}

/** Counts the slices of the journal that sweeps have read, and their rows. */
function journalReads(driver: StorageDriver): { slices: number; rows: number } {
  const reads = { slices: 0, rows: 0 }
  const { slice } = driver
  driver.slice = async (table, ...call) => {
    const page = await slice(table, ...call)
    if (table.equals(EXPIRY_TABLE_ID)) {
      reads.slices++
      reads.rows += page.rows.length
    }
    return page
  }
  return reads
}

test('a sweep reads only new rows, after any number of sweeps', async () => {
  const driver = faulty(new WornDriver(), () => undefined)
  const reads = journalReads(driver)
  const fixture = new Sweeping(driver)
  await fixture.create('table')
  const rounds: unknown[] = []
  for (let round = 0; round < 30; round++) {
    for (let r = 0; r < 20; r++) await fixture.put(60, item({ h: `${round}`, r }))
    fixture.wait(180)
    const before = { ...reads }
    await fixture.sweep()
    const { slices, rows } = reads
    rounds.push({ slices: slices - before.slices, rows: rows - before.rows })
  }
  assert.is((await fixture.rows(EXPIRY_TABLE_ID)).length, 0)
  // Three minutes, each with the minute an hour before, in 64 shards.
  assert.equal(rounds.slice(1), Array(29).fill({ slices: 3 * 2 * 64, rows: 20 }))
  await fixture.close()
})

test('after a crash a sweep repeats at most one page', async () => {
  let crashing = false
  const memory = new WornDriver()
  const driver = faulty(memory, ({ method }) =>
    crashing && method === 'drop' ? { fault: 'unavailable' } : undefined,
  )
  const reads = journalReads(driver)
  const fixture = new Sweeping(driver)
  const tableId = tableIdOf(await fixture.create('table'))
  for (let r = 0; r < 900; r++) await fixture.put(60, item({ h: 'a', r }))
  fixture.wait(180)
  crashing = true
  const [group = 0] = await groupsWithRows(fixture)
  const crash = await fixture.sweepGroup(group).catch((error: unknown) => error)
  assert.is((crash as Error).message, 'a played fault')
  assert.is((await fixture.rows(tableId)).length, 0)
  assert.is((await fixture.rows(EXPIRY_TABLE_ID)).length, 900)
  assert.is(reads.rows, 900)
  crashing = false
  await fixture.sweep()
  assert.is(reads.rows, 1_300)
  assert.is((await fixture.rows(EXPIRY_TABLE_ID)).length, 0)
  await fixture.close()
})

test('an item that cannot be deleted is postponed; all others are deleted', async () => {
  const memory = new WornDriver()
  let failing = true
  let tries = 0
  const driver = faulty(memory, () => undefined)
  const { get } = driver
  driver.get = async (table, partition, ...rest) => {
    const isIll = failing && partition.includes('ill')
    if (isIll) tries++
    if (isIll) throw new RangeError('not an item')
    return get(table, partition, ...rest)
  }
  const fixture = new Sweeping(driver)
  const tableId = tableIdOf(await fixture.create('table', WITH_INDEXES))
  failing = false
  for (let r = 0; r < 20; r++) await fixture.put(60, item({ h: 'well', r }))
  for (let r = 0; r < 20; r++) await fixture.put(60, item({ h: 'ill', r }))
  failing = true
  await unreadable(fixture)
  fixture.wait(200)
  await fixture.sweep()
  assert.is(tries, 20, 'once each')
  assert.is(fixture.errors.length, 21)
  assert.equal(new Set((await fixture.rows(tableId)).map(partitionText)), new Set(['ill']))
  fixture.wait(300)
  await fixture.sweep()
  assert.is(tries, 20)
  fixture.wait(600)
  await fixture.sweep()
  assert.is(tries, 40, 'again')
  failing = false
  fixture.wait(900)
  await fixture.sweep()
  assert.is((await fixture.rows(tableId)).length, 0)
  assert.is((await fixture.rows(EXPIRY_TABLE_ID)).length, 1, 'what nobody can read is kept')
  await fixture.close()
})

function partitionText({ partition }: { readonly partition: Buffer }): string {
  return partition.includes('ill') ? 'ill' : 'well'
}

/** Adds a row to the journal that no version can have written. */
function unreadable({ driver }: Sweeping): Promise<void> {
  const row = { sort: Buffer.alloc(32, 1), value: Buffer.from('{') }
  const journal = expiryPartition(1, FIRST_MINUTE)
  return driver.append(EXPIRY_TABLE_ID, journal, [row], performance.now() + 30_000)
}

test('a sweep deletes several items at once, within its limit', async () => {
  const memory = new WornDriver()
  let atOnce = 0
  let most = 0
  const driver = faulty(memory, () => undefined)
  const { get } = driver
  const fixture = new Sweeping(driver)
  await fixture.create('table')
  for (let r = 0; r < 400; r++) await fixture.put(60, item({ h: 'a', r }))
  driver.get = async (...call) => {
    most = Math.max(most, ++atOnce)
    await new Promise((resolve) => setTimeout(resolve, 1))
    const row = await get(...call)
    atOnce--
    return row
  }
  fixture.wait(200)
  await fixture.sweep()
  assert.is(most, 64)
  await fixture.close()
})

test('an engine sweeps expired items in the background', async () => {
  // A second before the next minute is closed, so that the jobs rest for a second.
  const clock = { seconds: START_SECONDS + 59 }
  const jobTimes = { ...IDLE, pollMs: 5 }
  const fixture = new EngineFixture({ now: () => clock.seconds * 1_000, jobTimes })
  const tableId = tableIdOf(await fixture.create('table', WITH_INDEXES))
  const put = item({ h: 'a', r: 1, text: 'x' })
  await fixture.run(putItem, { ...NONE, item: put, timeToLiveSeconds: 1 })
  clock.seconds += 300
  const rows = () => new TableFixture(fixture.driver, tableId).scanAll()
  const end = performance.now() + 30_000
  while ((await rows()).length > 0) {
    assert.ok(performance.now() < end, 'in time')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  assert.is(shown(await fixture.get('table', KEY)), 'nothing')
  await fixture.close()
})

test.run()
