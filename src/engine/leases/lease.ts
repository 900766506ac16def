import { setImmediate as nextTurn } from 'node:timers/promises'
import type { StorageDriver } from '../../storage/driver.ts'
import { type Job, type JobRow, type JobState, removeJob, replaceJob } from './job.ts'

/** One kind of job. */
export interface JobKind {
  readonly kind: string
  /**
   * Does a part of the work within `deadline`. Must be safe to repeat, even while a process that
   * was presumed dead finishes the same step, or another job with the same id runs. Throws to be
   * retried.
   */
  step(state: JobState, deadline: number): Promise<StepResult>
  /** Standing jobs of this kind. Their rows are overwritten, never deleted. */
  standing?(): readonly Job[]
  /** Called at every failure in a row from the `JOB_FAILURES_MAX`th on, to make it visible. Retries
   * continue. */
  fail?(state: JobState, deadline: number): Promise<void>
}

/** The next state, or done. With `restMs` the job is released, and any process may claim it once
 * its row has been unchanged for that time. */
export type StepResult = { readonly state: JobState; readonly restMs?: number } | 'done'

/** Equal in all processes that share the jobs; shorter in tests. */
export interface JobTimes {
  /** Time without a change of the row after which others may claim the job. */
  readonly leaseMs: number
  /** The lease holder stops this much earlier. */
  readonly marginMs: number
  readonly renewalMs: number
  /** Time of work on one job after which it is released, so that others get a turn. */
  readonly turnMs: number
  readonly pollMs: number
  /** The longest pause after a failure. */
  readonly failurePauseMaxMs: number
}

/** Receives failures of jobs, which are also stored in their rows. */
export interface JobReports {
  readonly onBackgroundError: (error: unknown) => void
  /** At every `JOB_FAILURES_MAX`th failure in a row. */
  readonly onJobFailing: (job: Job) => void
}

export interface LeaseOptions {
  readonly driver: StorageDriver
  readonly times: JobTimes
  readonly reports: JobReports
}

const STEP_TIMEOUT_MS = 5_000
const ROW_TIMEOUT_MS = 5_000
export const JOB_FAILURES_MAX = 30
const FAILURE_PAUSE_MIN_MS = 200

function failureRestMs(failures: number, { failurePauseMaxMs }: JobTimes): number {
  return Math.min(FAILURE_PAUSE_MIN_MS * 2 ** (failures - 1), failurePauseMaxMs)
}

/** A claimed job, held until it is done, fails, or is lost to another process. */
export class Lease {
  readonly #driver: StorageDriver
  readonly #times: JobTimes
  readonly #reports: JobReports
  readonly #claimedAt: number
  #row: JobRow
  #renewedAt: number

  /** `claimedAt`: when the claim was sent. */
  constructor({ driver, times, reports }: LeaseOptions, row: JobRow, claimedAt: number) {
    this.#driver = driver
    this.#times = times
    this.#reports = reports
    this.#claimedAt = claimedAt
    this.#row = row
    this.#renewedAt = claimedAt
  }

  /** Runs steps until the job is done, rests, fails, has used its turn, or is lost, or this process
   * closes. Returns the job's row. */
  async work(kind: JobKind, closing: AbortSignal): Promise<JobRow> {
    try {
      let isOwner = true
      while (isOwner) isOwner = await this.#step(kind, closing)
    } catch (error) {
      if (!(error instanceof LostLease)) throw error
    }
    return this.#row
  }

  /** Returns whether to continue with the next step. */
  async #step(kind: JobKind, closing: AbortSignal): Promise<boolean> {
    // Steps may be synchronous, so give requests a turn.
    await nextTurn()
    if (closing.aborted) {
      await this.#replace({ ...this.#row.job, owner: null })
      return false
    }
    await this.#hold()
    const result = await kind.step(this.#row.job.state, this.#stepDeadline()).catch(failure)
    if (result === 'done') await this.#remove()
    else if (result instanceof StepFailure) await this.#fail(kind, result)
    else return this.#advance(result)
    return false
  }

  async #advance({ state, restMs }: Exclude<StepResult, 'done'>): Promise<boolean> {
    const { error, since, ...job } = this.#row.job
    const next = { ...job, state, failures: 0 }
    const hadTurn = performance.now() - this.#claimedAt >= this.#times.turnMs
    if (restMs !== undefined || hadTurn) {
      await this.#replace({ ...next, owner: null, restMs: restMs ?? 0 })
      return false
    }
    const isNews = error !== undefined || JSON.stringify(state) !== JSON.stringify(job.state)
    if (isNews) await this.#replace(next)
    return true
  }

  /** Releases the job, since the failure may be specific to this process. */
  async #fail(kind: JobKind, { cause, message }: StepFailure): Promise<void> {
    const { job } = this.#row
    const failures = job.failures + 1
    const failed = {
      ...{ ...job, owner: null, restMs: failureRestMs(failures, this.#times), failures },
      ...{ error: message, since: job.since ?? Date.now() },
    }
    this.#reports.onBackgroundError(new JobFailure(failed, cause))
    try {
      if (failures % JOB_FAILURES_MAX === 0) this.#reports.onJobFailing(failed)
      if (kind.fail && failures >= JOB_FAILURES_MAX) {
        await this.#hold()
        await kind.fail(job.state, this.#stepDeadline())
      }
    } finally {
      await this.#replace(failed)
    }
  }

  /** Renews the lease if due. */
  async #hold(): Promise<void> {
    if (performance.now() - this.#renewedAt < this.#times.renewalMs) return
    await this.#replace(this.#row.job)
  }

  /** Before another process may claim the job. */
  #stepDeadline(): number {
    const heldUntil = this.#renewedAt + this.#times.leaseMs - this.#times.marginMs
    return Math.min(performance.now() + STEP_TIMEOUT_MS, heldUntil)
  }

  /** Whoever writes the row next owns the job, so a late renewal is valid unless another was
   * first. */
  async #replace(next: Job): Promise<void> {
    const at = performance.now()
    const row = await replaceJob(this.#driver, this.#row, next, at + ROW_TIMEOUT_MS)
    if (!row) throw new LostLease()
    this.#row = row
    this.#renewedAt = at
  }

  async #remove(): Promise<void> {
    await removeJob(this.#driver, this.#row, performance.now() + ROW_TIMEOUT_MS)
  }
}

/** Another process has claimed the job. */
class LostLease extends Error {}

class JobFailure extends Error {
  override readonly name = 'JobFailure'

  constructor({ id, failures }: Job, cause: unknown) {
    super(`the job ${id} has failed, ${failures} times in a row`, { cause })
  }
}

class StepFailure {
  readonly cause: unknown
  readonly message: string

  constructor(error: unknown) {
    this.cause = error
    this.message = error instanceof Error ? error.message : String(error)
  }
}

function failure(error: unknown): StepFailure {
  return new StepFailure(error)
}
