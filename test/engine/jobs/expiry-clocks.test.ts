import { setImmediate as nextTurn } from 'node:timers/promises'
import * as assert from 'uvu/assert'
import { EXPIRY_TABLE_ID, tableIdOf } from '../../../src/engine/format/system-tables.ts'
import { expiryPartition } from '../../../src/engine/jobs/expiry-journal.ts'
import type { StorageDriver } from '../../../src/storage/driver.ts'
import { WornDriver, WornStore } from '../../storage/worn-driver.ts'
import { suite } from '../../support/suite.ts'
import { HASH_ONLY, outcomeOf, WITH_INDEXES } from '../engine-fixture.ts'
import { timed } from '../remote-driver.ts'
import { item, shown } from '../short-items.ts'
import { FIRST_MINUTE, type Groups, KEY, START_SECONDS, Sweeping } from './sweeping.ts'

const test = suite('clocks of expiry')

/** Processes on one storage engine with a clock. */
class Machines {
  readonly #clock: { seconds: number }
  readonly #engineAhead: number
  readonly driver: StorageDriver
  readonly all: Sweeping[] = []

  constructor(engineAheadSeconds = 0) {
    this.#engineAhead = engineAheadSeconds
    this.#clock = { seconds: START_SECONDS + engineAheadSeconds }
    this.driver = timed(new WornStore(), this.#clock)
    const { drop } = this.driver
    this.driver.drop = (table, partition, through, deadline) => {
      const settled = BigInt(this.#clock.seconds - 30) * 1_000_000n
      assert.ok(through <= settled, 'what an append still on its way may be older than is left')
      return drop(table, partition, through, deadline)
    }
  }

  /** Starts a process whose clock is ahead of the engine's. */
  async start(aheadSeconds: number, groups?: Groups): Promise<Sweeping> {
    const started = new Sweeping(
      this.driver,
      this.#clock.seconds - this.#engineAhead + aheadSeconds,
      groups,
    )
    this.all.push(started)
    // Time to receive the engine's time.
    await nextTurn()
    return started
  }

  wait(seconds: number): void {
    this.#clock.seconds += seconds
    for (const each of this.all) each.wait(seconds)
  }

  async close(): Promise<void> {
    for (const each of this.all) await each.close()
  }
}

/** The number of a group whose journal has rows. */
async function groupWithRows(fixture: Sweeping): Promise<number> {
  const [row] = await fixture.rows(EXPIRY_TABLE_ID)
  return Math.floor((row?.partition[0] ?? 0) / 4)
}

test('an item written with a clock 10 minutes slow is deleted like any other', async () => {
  const machines = new Machines()
  const right = await machines.start(0)
  const tableId = tableIdOf(await right.create('table', WITH_INDEXES))
  machines.wait(1_200)
  await right.sweep()
  const behind = await machines.start(-600)
  await behind.put(60)
  assert.is((await right.rows(tableId)).length, 3)
  machines.wait(180)
  await right.sweep()
  assert.is((await right.rows(tableId)).length, 0)
  assert.is((await right.rows(EXPIRY_TABLE_ID)).length, 0)
  await machines.close()
})

for (const [whose, engineAhead, ownAhead] of [
  ['a process', 0, 600],
  ['the engine', 600, 0],
] as const) {
  test(`a clock of ${whose} that is 10 minutes fast deletes nothing early`, async () => {
    const machines = new Machines(engineAhead)
    const ahead = await machines.start(ownAhead)
    const right = await machines.start(0, ahead.groups)
    const tableId = tableIdOf(await right.create('table', WITH_INDEXES))
    await right.put(300)
    for (let seconds = 0; seconds < 300; seconds += 10) {
      await ahead.sweep()
      assert.is((await right.rows(tableId)).length, 3, `after ${seconds} s`)
      machines.wait(10)
    }
    machines.wait(180 + engineAhead)
    await ahead.sweep()
    assert.is((await right.rows(tableId)).length, 0)
    await machines.close()
  })
}

test('a process with a clock 10 minutes fast hides no item early', async () => {
  const machines = new Machines()
  const ahead = await machines.start(600)
  const right = await machines.start(0)
  await right.create('table', WITH_INDEXES)
  await right.put(300)
  assert.ok(await ahead.get('table', KEY))
  await ahead.update()
  const all = shown(item({ h: 'a', r: 1, number: 1, text: 'x', v: 1 }))
  assert.is(shown(await right.get('table', KEY)), all)
  machines.wait(300)
  assert.is(await right.get('table', KEY), undefined)
  assert.is(await ahead.get('table', KEY), undefined)
  await machines.close()
})

test('a process with a clock 10 minutes slow does not move a sweep back', async () => {
  const machines = new Machines()
  const right = await machines.start(0)
  const behind = await machines.start(-600, right.groups)
  machines.wait(1_200)
  await right.sweep()
  const states = [...right.groups]
  await behind.sweep()
  assert.equal(behind.groups, states)
  await machines.close()
})

test('sweep jobs created with a fast clock miss no item', async () => {
  for (const driver of [new WornDriver(), timed(new WornStore(), { seconds: START_SECONDS })]) {
    const ahead = new Sweeping(driver, START_SECONDS + 600)
    const right = new Sweeping(driver, START_SECONDS, ahead.groups)
    await right.sweep()
    assert.is(right.groups[0]?.minute, FIRST_MINUTE - 1)
    await ahead.close()
    await right.close()
  }
})

test('without engine time items of a clock 59 min slow are deleted, of 10 h not', async () => {
  for (const [behind, isGone] of [
    [59 * 60, true],
    [10 * 3_600, false],
  ] as const) {
    const driver = new WornDriver()
    const fixture = new Sweeping(driver)
    const tableId = tableIdOf(await fixture.create('table', WITH_INDEXES))
    const late = new Sweeping(driver, START_SECONDS - behind)
    await late.put(1)
    for (let hour = 0; hour < 3; hour++) {
      fixture.wait(3_600)
      await fixture.sweep()
    }
    assert.is((await fixture.rows(tableId)).length, isGone ? 0 : 3)
    await late.close()
    await fixture.close()
  }
})

/** Counts the deletions of each row. */
function deletions(driver: StorageDriver): Map<string, number> {
  const counts = new Map<string, number>()
  const { commit } = driver
  driver.commit = async (table, partition, ...call) => {
    const result = await commit(table, partition, ...call)
    if (result.outcome !== 'applied') return result
    for (const sort of call[0].delete) {
      const place = Buffer.concat([table, partition, sort]).toString('hex')
      counts.set(place, (counts.get(place) ?? 0) + 1)
    }
    return result
  }
  return counts
}

test('two processes that sweep the same shards delete each item once', async () => {
  const machines = new Machines()
  const counts = deletions(machines.driver)
  const one = await machines.start(0)
  const other = await machines.start(0)
  const stopped = await machines.start(0)
  const tableId = tableIdOf(await one.create('table', HASH_ONLY))
  for (let n = 0; n < 700; n++) await one.put(60, item({ h: `${n}` }))
  machines.wait(200)
  await Promise.all([one.sweep(), other.sweep()])
  assert.is((await one.rows(tableId)).length, 0)
  assert.is((await one.rows(EXPIRY_TABLE_ID)).length, 0)
  assert.equal([...counts.values()], Array(700).fill(1))
  await one.put(60, item({ h: '1' }))
  await stopped.sweep()
  assert.is((await one.rows(tableId)).length, 1, 'one that is late harms nothing')
  machines.wait(200)
  await other.sweep()
  assert.is((await one.rows(tableId)).length, 0)
  await machines.close()
})

/** Holds the appends of `work`. The returned function applies them, as if the process had been
 * stopped before. */
async function heldAppends(
  driver: StorageDriver,
  work: () => Promise<unknown>,
): Promise<() => Promise<unknown>> {
  const { append } = driver
  const held: Parameters<StorageDriver['append']>[] = []
  driver.append = async (...call) => void held.push(call)
  await work()
  driver.append = append
  return () => Promise.all(held.map((call) => append(...call)))
}

test('an append carried out after the drop is swept an hour later', async () => {
  const machines = new Machines()
  const fixture = await machines.start(0)
  const tableId = tableIdOf(await fixture.create('table', HASH_ONLY))
  await fixture.put(60, item({ h: 'early' }))
  const append = await heldAppends(machines.driver, () => fixture.put(60, item({ h: 'late' })))
  machines.wait(200)
  await fixture.sweep()
  assert.is((await fixture.rows(tableId)).length, 1)
  await append()
  for (let minutes = 0; minutes < 59; minutes++) {
    machines.wait(60)
    await fixture.sweep()
  }
  assert.is((await fixture.rows(tableId)).length, 1)
  machines.wait(60)
  await fixture.sweep()
  assert.is((await fixture.rows(tableId)).length, 0)
  assert.is((await fixture.rows(EXPIRY_TABLE_ID)).length, 0)
  await machines.close()
})

test("rows appended before or after a sweep's position are not dropped unread", async () => {
  const machines = new Machines()
  const { driver } = machines
  const fixture = await machines.start(0)
  const tableId = tableIdOf(await fixture.create('table', HASH_ONLY))
  for (let n = 0; n < 800; n++) await fixture.put(60, item({ h: `early ${n}` }))
  // Of these 40 rows, some sort before the first page's last row, and some after it.
  const append = await heldAppends(driver, async () => {
    for (let n = 0; n < 40; n++) await fixture.put(60, item({ h: `late ${n}` }))
  })
  machines.wait(200)
  const group = await groupWithRows(fixture)
  await fixture.step(group)
  assert.is((await fixture.rows(tableId)).length, 340, 'it is under way')
  await append()
  machines.wait(40)
  assert.is((await fixture.step(group)).restMs, 5_000, 'it begins again')
  machines.wait(5)
  await fixture.sweep()
  assert.is((await fixture.rows(tableId)).length, 0)
  assert.is((await fixture.rows(EXPIRY_TABLE_ID)).length, 0)
  await machines.close()
})

test('a row that becomes visible late is not dropped unread', async () => {
  const machines = new Machines()
  const { driver } = machines
  const fixture = await machines.start(0)
  const tableId = tableIdOf(await fixture.create('table', HASH_ONLY))
  const append = await heldAppends(driver, async () => {
    for (let n = 0; n < 2; n++) await fixture.put(60, item({ h: `${n}` }))
  })
  machines.wait(200)
  await append()
  const [first, second] = await fixture.rows(EXPIRY_TABLE_ID)
  const hidden = first && second && (first.order < second.order ? first : second)
  assert.ok(hidden)
  const { slice } = driver
  let isHidden = true
  driver.slice = async (...call) => {
    const page = await slice(...call)
    const rows = page.rows.filter(({ sort }) => !isHidden || !hidden?.sort.equals(sort))
    return { ...page, rows }
  }
  await fixture.sweep()
  isHidden = false
  for (let seconds = 0; seconds < 60; seconds += 5) {
    machines.wait(5)
    await fixture.sweep()
  }
  assert.is((await fixture.rows(tableId)).length, 0)
  assert.is((await fixture.rows(EXPIRY_TABLE_ID)).length, 0)
  await machines.close()
})

test('a late journal row of a refused write deletes nothing', async () => {
  const machines = new Machines()
  const { driver } = machines
  const fixture = await machines.start(0)
  const tableId = tableIdOf(await fixture.create('table', HASH_ONLY))
  await fixture.put(undefined, item({ h: 'lasting' }))
  const { append } = driver
  const late: Parameters<StorageDriver['append']>[] = []
  driver.append = async (...call) => {
    late.push(call)
    throw new RangeError('a played fault')
  }
  const refused = fixture.put(60, item({ h: 'lasting' }))
  assert.is(await outcomeOf(refused).catch(({ message }) => message), 'a played fault')
  driver.append = append
  for (const call of late) await append(...call)
  machines.wait(300)
  await fixture.sweep()
  assert.is((await fixture.rows(tableId)).length, 1)
  assert.is((await fixture.rows(EXPIRY_TABLE_ID)).length, 0)
  await machines.close()
})

test('a drop deletes only the journal of its own minute', async () => {
  const machines = new Machines()
  const fixture = await machines.start(0)
  const entry = { sort: Buffer.alloc(32, 1), value: Buffer.from('{') }
  const deadline = performance.now() + 30_000
  for (const minute of [FIRST_MINUTE, FIRST_MINUTE + 1, FIRST_MINUTE + 2]) {
    const journal = expiryPartition(1, minute)
    await machines.driver.append(EXPIRY_TABLE_ID, journal, [entry], deadline)
  }
  machines.wait(180)
  await fixture.sweepGroup(0)
  const minutes = (await fixture.rows(EXPIRY_TABLE_ID)).map(
    ({ partition }) => partition.readUInt32BE(1) - FIRST_MINUTE,
  )
  assert.equal(minutes.sort(), [13, 2], 'and what could not be read is in a later one')
  await machines.close()
})

test.run()
