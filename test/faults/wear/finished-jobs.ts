import { setTimeout as delay } from 'node:timers/promises'
import {
  JOB_EPOCHS_TABLE_ID,
  JOB_HEADS_TABLE_ID,
} from '../../../src/engine/format/system-tables.ts'
import { addJob } from '../../../src/engine/leases/add-job.ts'
import { newJob } from '../../../src/engine/leases/job.ts'
import { Jobs } from '../../../src/engine/leases/jobs.ts'
import type { JobKind, JobTimes } from '../../../src/engine/leases/lease.ts'
import { listJobs, readLedger } from '../../../src/engine/leases/ledger.ts'
import type { StorageDriver } from '../../../src/storage/driver.ts'
import { type Reads, readsOf, wholly } from './counts.ts'
import type { TracedSlices } from './traced-slices.ts'

const LEDGER = [JOB_HEADS_TABLE_ID, JOB_EPOCHS_TABLE_ID]
/** Looks are short of a second, so that the jobs are soon done and the epochs soon idle. */
const TIMES: JobTimes = {
  ...{ leaseMs: 30_000, marginMs: 5_000, renewalMs: 7_500 },
  ...{ pollMs: 100, failurePauseMaxMs: 1_000 },
}
/** Of each process. */
const LANES = 24
const UNDER_WAY_MAX = 1_000
const ADD_LIMIT_MS = 60_000
const SAMPLE_PAUSE_MS = 2_000
const END_LIMIT_MS = 900_000
const FULL_PAUSE_MS = 50

/** Processes that make jobs with nothing behind them, and finish them. */
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

  /** Until as many have been made since the beginning, all are done and nothing is left of them.
   * What looks read meanwhile. */
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

  /** One look at rest. */
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
        const n = this.#made++
        await addJob(driver, newJob(`wear-${n}`, 'wear', { n }), performance.now() + ADD_LIMIT_MS)
      }
    }
    const lanes = this.#drivers.flatMap((driver) => Array.from({ length: LANES }, () => driver))
    await Promise.all(lanes.map(lane))
  }

  async #looksUntil(isOver: () => boolean): Promise<Reads> {
    const [driver] = this.#drivers
    const looks = []
    while (driver && !isOver()) {
      const look = () => readLedger(driver, (error) => this.errors.push(error))
      looks.push(await this.#slices.of(LEDGER, look))
      await delay(SAMPLE_PAUSE_MS)
    }
    return readsOf(...looks)
  }

  async #untilNothingIsLeft(): Promise<void> {
    const until = performance.now() + END_LIMIT_MS
    for (const [driver] = this.#drivers; driver; ) {
      const { heads } = await readLedger(driver, (error) => this.errors.push(error))
      if (heads.every(({ epochs }) => epochs.length === 0)) return
      if (performance.now() > until) throw new Error(`${heads.length} heads still have epochs`)
      await delay(TIMES.pollMs)
    }
  }
}
