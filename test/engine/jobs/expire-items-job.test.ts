import { suite } from 'uvu'
import * as assert from 'uvu/assert'
import { EXPIRY_TABLE_ID, tableIdOf } from '../../../src/engine/format/system-tables.ts'
import { expiryPartition, journalExpiry } from '../../../src/engine/jobs/expiry-journal.ts'
import { deleteItem } from '../../../src/operations/items/delete-item.ts'
import { putItem } from '../../../src/operations/items/put-item.ts'
import { deleteTable } from '../../../src/operations/tables/delete-table.ts'
import type { StorageDriver } from '../../../src/storage/driver.ts'
import { MemoryDriver } from '../../../src/storage/memory/driver.ts'
import { putRow, TableFixture } from '../../storage/contract/table-fixture.ts'
import { type Fault, type FaultyCall, faulty } from '../../storage/faulty-driver.ts'
import { EngineFixture, outcomeOf, WITH_INDEXES } from '../engine-fixture.ts'
import { item, shown } from '../short-items.ts'
import { FIRST_SLOT, IDLE, KEY, NONE, START_SECONDS, Sweeping } from './sweeping.ts'

const test = suite('expire items job')

test('an expired item goes with its index entries and its journal', async () => {
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
  assert.equal(fixture.state, { slot: FIRST_SLOT + 2 }, 'only closed minutes are done with')
  await fixture.close()
})

test('a longer life, or one without end, outlasts the first', async () => {
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

test('an update without a time to live keeps the one there is', async () => {
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

test('a write that comes between the look at an item and its deletion wins', async () => {
  let renew: (() => Promise<void>) | undefined
  const memory = new MemoryDriver()
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

test('entries of a table that is being deleted, and of its predecessor, are dropped', async () => {
  const read: string[] = []
  const driver = faulty(new MemoryDriver(), ({ method, table }) => {
    if (method === 'get') read.push(table.toString('hex'))
    return undefined
  })
  const fixture = new Sweeping(driver)
  const tableId = tableIdOf(await fixture.create('table', WITH_INDEXES))
  const predecessor = { tableId: Buffer.alloc(16, 7), projectId: 'project', table: 'table' }
  const place = { partition: Buffer.from('a'), sort: Buffer.of(0x10) }
  const expiresAt = START_SECONDS + 1
  const deadline = performance.now() + 30_000
  await journalExpiry(fixture.driver, { ...predecessor, ...place }, expiresAt, deadline)
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

test('the longest keys expire like any other', async () => {
  const fixture = new Sweeping()
  const attributeTypes = new Map([['h', 'S'] as const, ['r', 'S'] as const])
  const tableId = tableIdOf(await fixture.create('table', { attributeTypes }))
  await fixture.put(60, item({ h: 'h'.repeat(2_048), r: 'r'.repeat(1_024) }))
  fixture.wait(200)
  await fixture.sweep()
  assert.is((await fixture.rows(tableId)).length, 0)
  await fixture.close()
})

test('an item is journalled before it is written, and not written when it cannot be', async () => {
  const tables: Buffer[] = []
  let fault: Fault | undefined
  const script = ({ method, table }: FaultyCall) => {
    if (method !== 'commit') return undefined
    tables.push(table)
    return table.equals(EXPIRY_TABLE_ID) ? fault : undefined
  }
  const fixture = new Sweeping(faulty(new MemoryDriver(), script))
  const tableId = tableIdOf(await fixture.create('table', WITH_INDEXES))
  tables.length = 0
  await fixture.put(60)
  assert.equal(tables, [EXPIRY_TABLE_ID, tableId])
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

test('an entry of unknown outcome is journalled once more, and the item is written', async () => {
  for (const fault of ['lost-unknown', 'applied-unknown'] as const) {
    let tries = 0
    const script = ({ method, table }: FaultyCall): Fault | undefined => {
      const isJournal = method === 'commit' && table.equals(EXPIRY_TABLE_ID)
      return isJournal && ++tries < 3 ? { fault } : undefined
    }
    const fixture = new Sweeping(faulty(new MemoryDriver(), script))
    await fixture.create('table', WITH_INDEXES)
    await fixture.put(60)
    assert.is(tries, 3)
    assert.is((await fixture.rows(EXPIRY_TABLE_ID)).length, 1)
    assert.ok(await fixture.get('table', KEY))
    await fixture.close()
  }
})

test('after a long time out of service it catches up in bounded steps', async () => {
  const fixture = new Sweeping()
  const tableId = tableIdOf(await fixture.create('table', WITH_INDEXES))
  await fixture.put(150 * 60)
  fixture.wait(200 * 60)
  const slots: unknown[] = []
  for (let steps = 0; steps < 4; steps++) {
    const result = await fixture.step()
    if (result === 'done') throw new Error('it is never done')
    fixture.state = result.state
    slots.push([Number(result.state.slot) - FIRST_SLOT, result.restMs])
  }
  assert.equal(slots, [
    [60, undefined],
    [120, undefined],
    [180, undefined],
    [199, 5_000],
  ])
  assert.is((await fixture.rows(tableId)).length, 0)
  await fixture.close()
})

test('a minute with more items than one step can delete takes several', async () => {
  let isSlow = false
  const driver = faulty(new MemoryDriver(), ({ method }) =>
    isSlow && method === 'commit' ? { fault: 'delay', milliseconds: 300 } : undefined,
  )
  const traces = tracesPassed(driver)
  const fixture = new Sweeping(driver)
  const tableId = tableIdOf(await fixture.create('table', WITH_INDEXES))
  for (let r = 0; r < 1_000; r++) await fixture.put(60, item({ h: 'a', r }))
  fixture.wait(200)
  isSlow = true
  const before = (await fixture.rows(tableId)).length
  const result = await fixture.step()
  assert.equal(result, { state: { slot: FIRST_SLOT + 1 } })
  fixture.state = { slot: FIRST_SLOT + 1 }
  const left = (await fixture.rows(tableId)).length
  assert.ok(left > 0 && left < before, 'some, not all')
  assert.is((await fixture.rows(EXPIRY_TABLE_ID)).length, left, 'what is done is not done again')
  isSlow = false
  await fixture.sweep()
  assert.is((await fixture.rows(tableId)).length, 0)
  assert.ok(traces.passed <= 1_000, 'what an engine has to remember as deleted is passed once')
  await fixture.close()
})

/** How many places of deleted rows the journal's slices have gone over. */
function tracesPassed(driver: StorageDriver): { readonly passed: number } {
  const deleted = new Map<string, Buffer[]>()
  const seen = { passed: 0 }
  const { commit, slice } = driver
  driver.commit = (table, partition, ...rest) => {
    const name = partition.toString('hex')
    if (table.equals(EXPIRY_TABLE_ID)) {
      deleted.set(name, [...(deleted.get(name) ?? []), ...rest[0].delete])
    }
    return commit(table, partition, ...rest)
  }
  driver.slice = (table, partition, range, ...rest) => {
    const sorts = table.equals(EXPIRY_TABLE_ID) ? deleted.get(partition.toString('hex')) : []
    const { from } = range
    seen.passed += sorts?.filter((sort) => !from || sort.compare(from) >= 0).length ?? 0
    return slice(table, partition, range, ...rest)
  }
  return seen
}

test('an item that cannot be deleted is left for later, and all others go', async () => {
  const memory = new MemoryDriver()
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

/** A row of the journal as no version wrote it. */
function unreadable({ driver }: Sweeping): Promise<void> {
  const row = putRow(Buffer.alloc(32, 1), '{')
  return new TableFixture(driver, EXPIRY_TABLE_ID)
    .write(expiryPartition(1, FIRST_SLOT), {
      put: [row],
    })
    .then(() => {})
}

test('several items of a shard are deleted at once, and not too many', async () => {
  const memory = new MemoryDriver()
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
  assert.is(most, 16 * 4)
  await fixture.close()
})

test('the engine sweeps by itself', async () => {
  const clock = { seconds: START_SECONDS }
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
