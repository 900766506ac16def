import * as assert from 'uvu/assert'
import { JOB_EPOCHS_TABLE_ID } from '../../../src/engine/format/system-tables.ts'
import { addJob, shardOf } from '../../../src/engine/leases/add-job.ts'
import { EpochUpkeep } from '../../../src/engine/leases/epoch-upkeep.ts'
import { readHeads } from '../../../src/engine/leases/heads.ts'
import { type Job, newJob, removeJob } from '../../../src/engine/leases/job.ts'
import { readLedger } from '../../../src/engine/leases/ledger.ts'
import { type StorageDriver, StorageUnavailableError } from '../../../src/storage/driver.ts'
import { WornDriver, WornStore } from '../../storage/worn-driver.ts'
import { suite } from '../../support/suite.ts'
import { WAIT_MS } from './workers.ts'

/** The cost of a poll for jobs after many were done, on an engine that keeps a tombstone of every
 * row that was deleted separately. */
const test = suite('wear of the job ledger')

const soon = () => performance.now() + WAIT_MS

/** The calls of a driver, of which a slice fails if it passes too many deleted rows. */
async function costOf(driver: WornDriver, work: () => Promise<unknown>) {
  const cost = { calls: 0, rows: 0, passed: 0 }
  driver.mostPassed = 0
  const { slice, get } = driver
  Object.assign(driver, {
    get: (...call: Parameters<StorageDriver['get']>) => {
      cost.calls++
      return get.apply(driver, call)
    },
    slice: async (...call: Parameters<StorageDriver['slice']>) => {
      const page = await slice.apply(driver, call)
      cost.calls++
      cost.rows += page.rows.length
      return page
    },
  })
  await work()
  Object.assign(driver, { slice, get })
  return { ...cost, passed: driver.mostPassed }
}

/** Polls like a process: does all jobs, and maintains the epochs. */
async function look(driver: StorageDriver, upkeep: EpochUpkeep): Promise<void> {
  const ledger = await readLedger(driver, (error) => {
    throw error
  })
  for (const row of ledger.epochs.flatMap(({ jobs }) => jobs)) {
    await removeJob(driver, row, soon())
  }
  await upkeep.tend(ledger)
}

/** A job of always the same shard. An eighth of the jobs would not produce enough tombstones. */
function jobOfOneShard(n: number): Job {
  for (let m = 0; ; m++) {
    const job = newJob(`job-${n}-${m}`, 'probe', {})
    if (shardOf(job) === 0) return job
  }
}

async function finish(driver: StorageDriver, upkeep: EpochUpkeep, from: number, to: number) {
  for (let n = from; n < to; n++) {
    await addJob(driver, jobOfOneShard(n), soon())
    if (n % 5 === 0) await look(driver, upkeep)
  }
  // Enough polls to seal and drop idle epochs.
  for (let looks = 0; looks < 200; looks++) await look(driver, upkeep)
}

test('a poll costs the same after 2,000 finished jobs as after 20', async () => {
  const driver = new WornDriver()
  const upkeep = new EpochUpkeep(driver)
  const after: unknown[] = []
  let done = 0
  for (const count of [20, 2_000]) {
    await finish(driver, upkeep, done, count)
    done = count
    after.push(await costOf(driver, () => look(driver, upkeep)))
  }
  assert.equal(after[1], after[0])
  assert.equal(after[0], { calls: 1, rows: 1, passed: 0 })
})

test('an epoch that cannot be dropped blocks no others and is dropped later', async () => {
  let failures = 0
  let ill: Buffer | undefined
  const store = new WornStore()
  const memory = new WornDriver(store)
  const driver: StorageDriver = Object.assign(new WornDriver(store), {
    drop: async (...call: Parameters<StorageDriver['drop']>) => {
      const [, partition] = call
      ill ??= partition
      if (!ill.equals(partition) || failures > 300) return memory.drop(...call)
      failures++
      throw new StorageUnavailableError('a played fault')
    },
  })
  const upkeep = new EpochUpkeep(driver, () => 0)
  const tend = () => look(driver, upkeep).catch(() => {})
  const epochs = async () => (await readHeads(driver, soon())).heads.flatMap(({ epochs }) => epochs)
  for (let n = 0; n < 50; n++) await addJob(driver, newJob(`job-${n}`, 'probe', {}), soon())
  for (let looks = 0; looks < 200; looks++) await tend()
  assert.ok(failures > 0)
  assert.equal(await epochs(), [ill?.toString('hex')])
  while (failures <= 300) await tend()
  await tend()
  assert.equal(await epochs(), [])
})

test('concurrent adders leave one epoch per head and lose no job', async () => {
  const store = new WornStore()
  const driver = new WornDriver(store)
  const jobs = Array.from({ length: 64 }, (_, n) => newJob(`at-once-${n}`, 'kind', {}))
  await Promise.all(jobs.map((job) => addJob(driver, job, soon(), () => 1)))
  const { heads, epochs } = await readLedger(driver, () => {})
  assert.is(
    store.partitions(JOB_EPOCHS_TABLE_ID).length,
    heads.flatMap((head) => head.epochs).length,
  )
  assert.is(epochs.flatMap((epoch) => epoch.jobs).length, jobs.length)
})

test.run()
