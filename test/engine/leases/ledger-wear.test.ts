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

/** What a look at the jobs costs after many were done, as an engine sees it that passes a trace of
 * every row that was deleted by itself. */
const test = suite('wear of the job ledger')

const TRACES_MAX = 1_000
const soon = () => performance.now() + WAIT_MS

interface Cost {
  calls: number
  rows: number
  /** Deleted rows that were passed, of the slice that passed most. */
  traces: number
}

/** Counts what slices cost; places of deleted rows are kept until their partition is dropped. */
class WornStorage {
  readonly driver: StorageDriver
  cost: Cost = { calls: 0, rows: 0, traces: 0 }
  readonly #traces = new Map<string, Set<string>>()

  constructor() {
    const memory = new WornDriver()
    const { slice, get, commit, drop } = memory
    this.driver = Object.assign(memory, {
      get: (...call: Parameters<StorageDriver['get']>) => {
        this.cost.calls++
        return get.apply(memory, call)
      },
      slice: async (...call: Parameters<StorageDriver['slice']>) => {
        const page = await slice.apply(memory, call)
        this.cost.calls++
        this.cost.rows += page.rows.length
        this.cost.traces = Math.max(this.cost.traces, this.#tracesOf(call[0], call[1]).size)
        return page
      },
      commit: (...call: Parameters<StorageDriver['commit']>) => {
        const [table, partition, { put, delete: removed }] = call
        const traces = this.#tracesOf(table, partition)
        for (const sort of removed) traces.add(sort.toString('hex'))
        for (const { sort } of put) traces.delete(sort.toString('hex'))
        return commit.apply(memory, call)
      },
      drop: (...call: Parameters<StorageDriver['drop']>) => {
        this.#tracesOf(call[0], call[1]).clear()
        return drop.apply(memory, call)
      },
    })
  }

  /** Of what is done meanwhile. */
  async costOf(work: () => Promise<unknown>): Promise<Cost> {
    this.cost = { calls: 0, rows: 0, traces: 0 }
    await work()
    return this.cost
  }

  #tracesOf(table: Buffer, partition: Buffer): Set<string> {
    const name = `${table.toString('hex')} ${partition.toString('hex')}`
    const found = this.#traces.get(name) ?? new Set()
    this.#traces.set(name, found)
    return found
  }
}

/** Looks at the jobs as a process does, does all there are, and looks after the epochs. */
async function look(driver: StorageDriver, upkeep: EpochUpkeep): Promise<void> {
  const ledger = await readLedger(driver, (error) => {
    throw error
  })
  for (const row of ledger.epochs.flatMap(({ jobs }) => jobs)) {
    await removeJob(driver, row, soon())
  }
  await upkeep.tend(ledger)
}

/** All in one place, which an eighth of them would not wear out. */
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
  // Until what is idle is sealed and dropped.
  for (let looks = 0; looks < 200; looks++) await look(driver, upkeep)
}

test('a look costs the same after 2,000 finished jobs as after 20', async () => {
  const worn = new WornStorage()
  const { driver } = worn
  const upkeep = new EpochUpkeep(driver)
  const after: Cost[] = []
  let done = 0
  for (const count of [20, 2_000]) {
    const busy = await worn.costOf(() => finish(driver, upkeep, done, count))
    done = count
    assert.ok(busy.traces <= TRACES_MAX, `${busy.traces} traces of deleted rows in a slice`)
    after.push(await worn.costOf(() => look(driver, upkeep)))
  }
  assert.equal(after[1], after[0])
  assert.equal(after[0], { calls: 1, rows: 1, traces: 0 })
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
