import { setTimeout as delay } from 'node:timers/promises'
import {
  JOB_EPOCHS_TABLE_ID,
  JOB_HEADS_TABLE_ID,
} from '../../../src/engine/format/system-tables.ts'
import { addJob } from '../../../src/engine/leases/add-job.ts'
import { newJob } from '../../../src/engine/leases/job.ts'
import { Jobs } from '../../../src/engine/leases/jobs.ts'
import type { JobKind, JobTimes } from '../../../src/engine/leases/lease.ts'
import { type Ledger, listJobs, readLedger } from '../../../src/engine/leases/ledger.ts'
import type { StorageDriver } from '../../../src/storage/driver.ts'
import { type Reads, readsOf, wholly } from './counts.ts'
import { persistently } from './persistently.ts'
import type { TracedSlices } from './traced-slices.ts'

const LEDGER = [JOB_HEADS_TABLE_ID, JOB_EPOCHS_TABLE_ID]
/** Polls more than once a second, so that jobs are soon done and epochs soon idle. */
const TIMES: JobTimes = {
  ...{ leaseMs: 30_000, marginMs: 5_000, renewalMs: 7_500 },
  ...{ pollMs: 200, turnMs: 20_000, failurePauseMaxMs: 1_000 },
}
/** Lanes per process. */
const LANES = 48
const UNDER_WAY_MAX = 1_000
const ADD_LIMIT_MS = 20_000
const ADD_ATTEMPTS_MAX = 10
const SAMPLE_PAUSE_MS = 2_000
/** Milliseconds after the last job within which all epochs must be dropped. */
const IDLE_LIMIT_MS = 240_000
const FULL_PAUSE_MS = 50

/** Processes that add jobs without work, and finish them. */
export class FinishedJobs {
  readonly #drivers: readonly StorageDriver[]
  readonly #slices: TracedSlices
  #made = 0
  #done = 0
  readonly errors: unknown[] = []

  constructor(drivers: readonly StorageDriver[], slices: TracedSlices) {
    this.#drivers = drivers
    this.#slices = slices
  }

  /** Adds jobs until this total is reached, all are done and nothing remains. Returns what polls
   * have read during this. */
  async until(count: number): Promise<Reads> {
    const processes = this.#drivers.map((driver) => {
      const onBackgroundError = (error: unknown) => this.errors.push(error)
      const options = { driver, kinds: [this.#kind()], times: TIMES }
      return new Jobs({ ...options, onBackgroundError, onJobFailing: () => {} })
    })
    try {
      let isMade = false
      const making = this.#make(count).finally(() => {
        isMade = true
      })
      const seen = await this.#looksUntil(() => isMade)
      await making
      await this.#untilNothingIsLeft()
      return seen
    } finally {
      await Promise.all(processes.map((jobs) => jobs.close()))
    }
  }

  /** Reads of one poll while there is no work. */
  async look(): Promise<Reads> {
    const [driver] = this.#drivers
    if (!driver) throw new Error('no process')
    return wholly(() => this.#slices.of(LEDGER, () => listJobs(driver)))
  }

  #kind(): JobKind {
    return {
      kind: 'wear',
      step: async () => {
        this.#done += 1
        return 'done'
      },
    }
  }

  async #make(count: number): Promise<void> {
    const lane = async (driver: StorageDriver) => {
      while (this.#made < count) {
        if (this.#made - this.#done > UNDER_WAY_MAX) {
          await delay(FULL_PAUSE_MS)
          continue
        }
        await this.#add(driver, this.#made++)
      }
    }
    const lanes = this.#drivers.flatMap((driver) => Array.from({ length: LANES }, () => driver))
    await Promise.all(lanes.map(lane))
  }

  /** Retries while the outcome is unknown. The job may then be done twice. */
  async #add(driver: StorageDriver, n: number): Promise<void> {
    const job = newJob(`wear-${n}`, 'wear', { n })
    for (let attempt = 1; ; attempt++) {
      try {
        return await addJob(driver, job, performance.now() + ADD_LIMIT_MS)
      } catch (error) {
        this.errors.push(error)
        if (attempt === ADD_ATTEMPTS_MAX) throw error
      }
    }
  }

  async #looksUntil(isOver: () => boolean): Promise<Reads> {
    const [driver] = this.#drivers
    const looks = []
    while (driver && !isOver()) {
      const look = () => this.#read(driver)
      looks.push(await this.#slices.of(LEDGER, look))
      await delay(SAMPLE_PAUSE_MS)
    }
    return readsOf(...looks)
  }

  #read(driver: StorageDriver): Promise<Ledger | undefined> {
    return persistently(() => readLedger(driver, (error) => this.errors.push(error)))
  }

  /** Waits until all epochs are dropped; open ones are sealed after some idle polls. */
  async #untilNothingIsLeft(): Promise<void> {
    const until = performance.now() + IDLE_LIMIT_MS
    for (const [driver] = this.#drivers; driver && performance.now() < until; ) {
      const ledger = await this.#read(driver)
      if (ledger?.heads.every(({ epochs }) => epochs.length === 0)) return
      await delay(TIMES.pollMs)
    }
  }
}
