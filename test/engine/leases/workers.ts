import { setTimeout as delay } from 'node:timers/promises'
import { addJob } from '../../../src/engine/leases/add-job.ts'
import { type Job, type JobState, newJob } from '../../../src/engine/leases/job.ts'
import { Jobs } from '../../../src/engine/leases/jobs.ts'
import type { JobKind, JobTimes } from '../../../src/engine/leases/lease.ts'
import { listJobs } from '../../../src/engine/leases/ledger.ts'
import type { StorageDriver } from '../../../src/storage/driver.ts'
import { WornDriver, type WornStore } from '../../storage/worn-driver.ts'
import { until } from '../../support/until.ts'

export const TIMES: JobTimes = {
  ...{ leaseMs: 300, marginMs: 60, renewalMs: 50, turnMs: 60_000, pollMs: 10 },
  failurePauseMaxMs: 2,
}
export const WAIT_MS = 20_000

/** A process as the storage sees it. It may hang or lose the storage. */
export class Worker {
  readonly driver: StorageDriver
  readonly times: JobTimes
  readonly errors: unknown[] = []
  readonly failing: Job[] = []
  readonly #open: Jobs[] = []
  /** Awaited before each commit. */
  gate: () => Promise<void> = async () => {}
  committedAt = 0

  constructor(store: WornStore, times = TIMES) {
    this.times = times
    const memory = new WornDriver(store)
    this.driver = Object.assign(new WornDriver(store), {
      commit: async (...call: Parameters<StorageDriver['commit']>) => {
        await this.gate()
        const result = await memory.commit(...call)
        if (result.outcome === 'applied') this.committedAt = performance.now()
        return result
      },
    })
  }

  start(...kinds: JobKind[]): void {
    const jobs = new Jobs({
      driver: this.driver,
      kinds,
      times: this.times,
      onBackgroundError: (error) => this.errors.push(error),
      onJobFailing: (job) => this.failing.push(job),
    })
    this.#open.push(jobs)
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map((jobs) => jobs.close()))
  }
}

export function kindOf(step: JobKind['step'], more = {}): JobKind {
  return { kind: 'probe', step, ...more }
}

/** A kind of job that counts `n` up to `end`. `log` is called at the start of each step. */
export function counting(end: number, log: (n: number) => void, milliseconds = 1): JobKind {
  return kindOf(async ({ n }) => {
    log(Number(n))
    await delay(milliseconds)
    return Number(n) + 1 === end ? 'done' : { state: { n: Number(n) + 1 } }
  })
}

export function add(driver: StorageDriver, id: string, state: JobState = { n: 0 }): Promise<void> {
  return addJob(driver, newJob(id, 'probe', state), performance.now() + WAIT_MS)
}

export async function jobsOf(driver: StorageDriver): Promise<Job[]> {
  return (await listJobs(driver)).map(({ job }) => job)
}

export async function allDone(driver: StorageDriver): Promise<void> {
  await until('all jobs are done', async () => (await jobsOf(driver)).length === 0)
}
