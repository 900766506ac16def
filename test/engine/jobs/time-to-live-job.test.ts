import * as assert from 'uvu/assert'
import { CATALOGUE_REVISION_TABLE_ID, tableIdOf } from '../../../src/engine/format/system-tables.ts'
import { jobReport } from '../../../src/engine/jobs/job-report.ts'
import { TIME_TO_LIVE, timeToLiveJob } from '../../../src/engine/jobs/time-to-live-job.ts'
import { addJob } from '../../../src/engine/leases/add-job.ts'
import type { JobState } from '../../../src/engine/leases/job.ts'
import type { StepResult } from '../../../src/engine/leases/lease.ts'
import { listJobs } from '../../../src/engine/leases/ledger.ts'
import { deleteTable } from '../../../src/operations/tables/delete-table.ts'
import type { StorageDriver } from '../../../src/storage/driver.ts'
import { MemoryDriver } from '../../../src/storage/memory/driver.ts'
import { MemoryStore } from '../../../src/storage/memory/store.ts'
import { faulty } from '../../storage/faulty-driver.ts'
import { WornDriver, WornStore } from '../../storage/worn-driver.ts'
import { suite } from '../../support/suite.ts'
import { until } from '../../support/until.ts'
import { EngineFixture, HASH_ONLY, WITH_INDEXES } from '../engine-fixture.ts'
import { TIMES } from '../leases/workers.ts'
import { remote } from '../remote-driver.ts'
import { item } from '../short-items.ts'
import { Expiring, START_SECONDS } from './sweeping.ts'

const test = suite('time to live job')

const PAST = START_SECONDS - 60
const SWEPT = 300
/** More than two pages of 500. */
const ITEMS = 1_200
/** Milliseconds of a step in which no second page is read. */
const ONE_PAGE_MS = 1_000

async function fill(fixture: Expiring, count: number): Promise<void> {
  for (let r = 0; r < count; r++) {
    await fixture.put(undefined, item({ h: `${r % 7}`, r, at: PAST, text: 'x' }))
  }
}

/** A driver that counts the rows of items read by scans. */
function countingScans(driver: StorageDriver): { readonly driver: StorageDriver; rows: number } {
  const counting = { driver: faulty(driver, () => undefined), rows: 0 }
  const { scan } = counting.driver
  counting.driver.scan = async (...call) => {
    const page = await scan(...call)
    counting.rows += page.rows.length
    return page
  }
  return counting
}

async function stateAfter(step: Promise<StepResult>): Promise<JobState> {
  const result = await step
  if (result === 'done') throw new Error('it is done already')
  // In the form that the job's row stores.
  return JSON.parse(JSON.stringify(result.state))
}

test('after a process died in the middle of the job, another continues there', async () => {
  const store = new MemoryStore()
  const dead = new Expiring(new MemoryDriver(store))
  const tableId = tableIdOf(await dead.create('table', WITH_INDEXES))
  await fill(dead, ITEMS)
  await dead.expireBy('at')
  const [added = {}] = await dead.changes()
  const announced = await stateAfter(dead.stepChange(added))
  const halfway = await stateAfter(dead.stepChange(announced, ONE_PAGE_MS))
  assert.is((await dead.journal()).length, 500)
  assert.ok((await dead.timeToLive())?.enabling, 'it is not done yet')
  await dead.close()
  const scans = countingScans(new MemoryDriver(store))
  const heir = new Expiring(scans.driver)
  assert.is(await heir.stepChange(halfway), 'done')
  assert.is(scans.rows, ITEMS - 500, 'no row is read again')
  assert.equal(await heir.timeToLive(), { attribute: 'at' })
  heir.wait(SWEPT)
  await heir.sweep()
  assert.is((await heir.rows(tableId)).length, 0)
  await heir.close()
})

test('if a process hangs in a step, another takes over its lease', async () => {
  const store = new MemoryStore()
  const hanging = faulty(new MemoryDriver(store), () => undefined)
  const { scan } = hanging
  let pages = 0
  hanging.scan = (...call) => (pages++ < 2 ? scan(...call) : new Promise(() => {}))
  const asking = new Expiring(new MemoryDriver(store))
  await asking.create('table', WITH_INDEXES)
  await fill(asking, ITEMS)
  // So short that a step reads no second page.
  const jobTimes = { ...TIMES, leaseMs: 2_000 }
  const options = { now: () => START_SECONDS * 1_000, jobTimes }
  const hung = new EngineFixture({ ...options, driver: hanging })
  await asking.expireBy('at')
  await until('it hangs', () => pages === 3)
  assert.ok((await asking.timeToLive())?.enabling)
  const scans = countingScans(new MemoryDriver(store))
  const heir = new EngineFixture({ ...options, driver: scans.driver })
  const isEnabled = async () => !(await asking.timeToLive())?.enabling
  await until('the other completes it', isEnabled)
  assert.equal(await asking.timeToLive(), { attribute: 'at' })
  assert.ok(scans.rows < ITEMS, 'not from the beginning')
  const found = new Set((await asking.journal()).map(({ sort }) => sort.toString('hex')))
  assert.is(found.size, ITEMS)
  const jobs = async () =>
    (await listJobs(heir.driver)).filter(({ job }) => job.kind === TIME_TO_LIVE)
  await until('the job is gone', async () => (await jobs()).length === 0)
  await Promise.all([asking.close(), heir.close()])
  // Its step never ends, so closing the whole engine would not end either.
  hung.engine.catalogue.close()
})

test('a request that dies after writing the job enables nothing', async () => {
  for (const driver of [new WornDriver(), remote(new WornDriver())]) {
    const fixture = new Expiring(driver)
    const definition = await fixture.create('table', HASH_ONLY)
    const job = timeToLiveJob('project', definition, 'change')
    await addJob(driver, job, performance.now() + 30_000)
    let { state }: { state: JobState } = job
    let restedMs = 0
    for (;;) {
      const result: StepResult = await fixture.stepChange(state)
      if (result === 'done') break
      state = result.state
      restedMs += result.restMs ?? 0
    }
    assert.ok(restedMs >= 20_000, 'longer than the request may take')
    assert.is(await fixture.timeToLive(), undefined)
    await fixture.close()
  }
})

test('a change that is written late is found and completed by its job', async () => {
  const fixture = new Expiring()
  const definition = await fixture.create('table', HASH_ONLY)
  await fixture.put(undefined, item({ h: 'a', at: PAST }))
  await fixture.expireBy('at')
  const change = (await fixture.timeToLive())?.enabling ?? ''
  await fixture.expireBy()
  const early = timeToLiveJob('project', definition, change).state
  const state = await stateAfter(fixture.stepChange(early))
  assert.is(await fixture.timeToLive(), undefined)
  const { catalogue } = fixture.engine
  const context = { storage: fixture.driver, projectId: 'project', deadline: Infinity }
  await catalogue.update(context, 'table', (found) => ({
    ...found,
    timeToLive: { attribute: 'at', enabling: change },
  }))
  const next = await stateAfter(fixture.stepChange(state))
  assert.is(await fixture.stepChange(next), 'done')
  assert.is((await fixture.journal()).length, 1)
  await fixture.close()
})

test('remote: the job rests until no process uses an older definition', async () => {
  const store = new WornStore()
  const fixture = new Expiring(remote(new WornDriver(store)))
  await fixture.create('table', HASH_ONLY)
  const revision = async () => {
    const rows = await fixture.rows(CATALOGUE_REVISION_TABLE_ID)
    return rows.map(({ version }) => version.toString('hex'))
  }
  // Another process, which has cached the definition before the change.
  const stale = new Expiring(new WornDriver(store))
  await stale.put(undefined, item({ h: 'before', at: PAST }))
  await fixture.expireBy('at')
  const [added = {}] = await fixture.changes()
  const before = await revision()
  const announced = await fixture.stepChange(added)
  if (announced === 'done') throw new Error('it is done already')
  assert.not.equal(await revision(), before)
  assert.ok((announced.restMs ?? 0) >= 26_000)
  assert.is((await fixture.journal()).length, 0, 'nothing is read before')
  assert.is(await fixture.stepChange(announced.state), 'done')
  assert.is((await fixture.journal()).length, 1)
  await Promise.all([fixture.close(), stale.close()])
})

test('a job ends if its change is no longer effective', async () => {
  const fixture = new Expiring()
  await fixture.create('table', HASH_ONLY)
  await fixture.put(undefined, item({ h: 'a', at: PAST, other: PAST }))
  await fixture.expireBy('at')
  const [added = {}] = await fixture.changes()
  const announced = await stateAfter(fixture.stepChange(added))
  await fixture.expireBy()
  await fixture.expireBy('other')
  const enabling = await fixture.timeToLive()
  assert.is(await fixture.stepChange(announced), 'done')
  assert.equal(await fixture.timeToLive(), enabling, 'that of the other attribute goes on')
  assert.is((await fixture.journal()).length, 0)
  await fixture.run(deleteTable, { table: 'table' })
  assert.is(await fixture.stepChange(announced), 'done')
  await fixture.close()
})

test('disabling takes effect in every process, even if the request dies', async () => {
  const fixture = new Expiring(remote(new WornDriver()))
  await fixture.create('table', HASH_ONLY)
  await fixture.expireBy('at')
  await fixture.completeChanges()
  await fixture.expireBy()
  const versions = async () => {
    const rows = await fixture.rows(CATALOGUE_REVISION_TABLE_ID)
    return rows.map(({ version }) => version.toString('hex'))
  }
  const before = await versions()
  await fixture.completeChanges()
  assert.not.equal(await versions(), before)
  await fixture.close()
})

test('a job report has the table and the phase', () => {
  const job = timeToLiveJob('p1', { id: 'id', name: 'music' } as never, 'change')
  const { about, status, kind } = jobReport(job, 0)
  assert.equal([about, status, kind], ['p1/music, awaiting', 'waiting', 'time_to_live'])
})

test.run()
