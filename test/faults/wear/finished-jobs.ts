import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import {
  JOB_EPOCHS_TABLE_ID,
  JOB_HEADS_TABLE_ID,
} from '../../../src/engine/format/system-tables.ts'
import { addJob } from '../../../src/engine/leases/add-job.ts'
import { newJob } from '../../../src/engine/leases/job.ts'
import { Jobs } from '../../../src/engine/leases/jobs.ts'
import type { JobKind } from '../../../src/engine/leases/lease.ts'
import { listJobs, readLedger } from '../../../src/engine/leases/ledger.ts'
import { strongRead } from '../../storage/contract/table-fixture.ts'
import { atOnce, below } from '../../support/at-once.ts'
import { until } from '../../support/until.ts'
import { underLoad } from '../lanes.ts'
import { withPlainWrites } from '../nodes/plain-writes.ts'
import { persistently } from '../persistently.ts'
import { growthFaults, sliceFaults, wholly } from './counts.ts'
import { type Drivers, type Part, type Place, TIMES, withDrivers } from './part.ts'
import { noReads, type Reads, type TracedSlices } from './traced-slices.ts'

const LEDGER = [JOB_HEADS_TABLE_ID, JOB_EPOCHS_TABLE_ID]
/** Lanes per process. */
const LANES = 48
const UNDER_WAY_MAX = 1_000
const ADD_LIMIT_MS = 20_000
const SAMPLE_PAUSE_MS = 2_000
/** After the last job. */
const IDLE_LIMIT_MS = 240_000
const FULL_PAUSE_MS = 50

/** What a look at the jobs costs after few and after many are finished, and while they are. */
export async function measureJobs({ amounts, options, slices }: Place): Promise<Part> {
  const { earlyJobs, jobs: count } = amounts
  const errors: unknown[] = []
  const looks = await withDrivers(options, async (drivers) => {
    const finish = jobFinisher(drivers, slices, (error) => errors.push(error))
    const look = () => wholly(() => slices.of(LEDGER, () => listJobs(drivers[0])))
    await finish(earlyJobs)
    const early = await look()
    const busy = await finish(count)
    return { early, busy, late: await look(), errors: errors.length }
  })
  const { early, busy, late } = looks
  const [before, after] = await lookAtOnePartition({ amounts, options, slices })
  const isFound = growthFaults('', before, after).length + sliceFaults('', after).length === 2
  const faults = [
    ...growthFaults('a look at the jobs', early, late),
    ...sliceFaults('a look at the jobs under way', busy),
    ...sliceFaults('a look at the jobs', late),
    ...(isFound ? [] : ['jobs of one partition cost no more after many']),
  ]
  const detail = { jobs: count, looks: { ...looks, onePartition: [before, after] } }
  return { faults, detail }
}

/**
 * Processes that add jobs without work, and finish them. The result adds jobs until this total is
 * reached, all are done and nothing remains, and returns what polls have read during this.
 */
function jobFinisher(
  drivers: Drivers,
  slices: TracedSlices,
  onBackgroundError: (error: unknown) => void,
): (count: number) => Promise<Reads> {
  let [made, done] = [0, 0]
  const step = async () => {
    done += 1
    return 'done' as const
  }
  const kinds: JobKind[] = [{ kind: 'wear', step }]
  const more = { kinds, times: TIMES, onBackgroundError, onJobFailing: () => {} }
  const look = () => persistently(() => readLedger(drivers[0], onBackgroundError))
  const make = async (count: number) => {
    await atOnce(2 * LANES, below(count).slice(made), async (n) => {
      while (n - done > UNDER_WAY_MAX) await delay(FULL_PAUSE_MS)
      const job = newJob(`wear-${n}`, 'wear', { n })
      const driver = drivers[n % 2 === 0 ? 0 : 1]
      await persistently(() => addJob(driver, job, performance.now() + ADD_LIMIT_MS))
    })
    made = count
  }
  return async (count) => {
    const processes = drivers.map((driver) => new Jobs({ driver, ...more }))
    const seen = noReads()
    const sample = async () => {
      await slices.of(LEDGER, look, seen)
      await delay(SAMPLE_PAUSE_MS)
      return true
    }
    try {
      await underLoad([seen], sample, () => make(count))
      // Sealed epochs are dropped, open ones when they have been idle for some looks. The next look
      // shows what is left if that takes too long.
      const isEmpty = async () => (await look())?.heads.every(({ epochs }) => epochs.length === 0)
      const how = { limitMs: IDLE_LIMIT_MS, pauseMs: TIMES.pollMs }
      await until('nothing is left', async () => (await isEmpty()) === true, how).catch(() => {})
      return seen
    } finally {
      await Promise.all(processes.map((jobs) => jobs.close()))
    }
  }
}

/** A control: jobs as they were listed before the ledger, in one partition in which each is deleted
 * when it is done and which is read from its beginning. What a look reads after few and many. */
function lookAtOnePartition({ options, amounts, slices }: Place): Promise<[Reads, Reads]> {
  const { earlyJobs, jobs } = amounts
  const [table, partition] = [randomBytes(16), Buffer.from('jobs')]
  const budget = { rows: 1_000, bytes: 4 * 1024 * 1024 }
  return withPlainWrites(options, (writes) =>
    withDrivers(options, async ([driver]) => {
      const after = async (count: number) => {
        const rows = below(count).map(() => ({ table, partition, sort: randomBytes(16) }))
        await writes.put(rows)
        await writes.delete(rows, false)
        const look = () => driver.slice(table, partition, {}, 'forward', budget, strongRead())
        return wholly(() => slices.of([table], look))
      }
      return [await after(earlyJobs), await after(jobs - earlyJobs)]
    }),
  )
}
