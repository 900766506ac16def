import { setTimeout as delay, setImmediate as nextTurn } from 'node:timers/promises'
import type { StorageDriver } from '../../storage/driver.ts'
import { type Job, type JobRow, type JobState, removeJob, replaceJob } from './job.ts'

/** One kind of job. */
export interface JobKind {
  readonly kind: string
  /**
   * Does a part of the work: bounded, by `deadline`, and harmless when it is done again, also
   * while a process that was thought dead ends the same step. Throws to be tried again.
   */
  step(state: JobState, deadline: number): Promise<StepResult>
  /** The jobs of this kind that are always there. */
  standing?(): readonly Job[]
  /** Called at every failure in a row from the `JOB_FAILURES_MAX`th on, to make it known. The job
   * is tried on. */
  fail?(state: JobState, deadline: number): Promise<void>
}

/** What there is to do next, after a pause; or nothing. Until the pause has passed the step is not
 * done: whoever takes the job over in it does the step again and pauses himself. With a rest the
 * job is given up, to whoever has seen it left alone for that long. */
export type StepResult =
  | { readonly state: JobState; readonly pauseMs?: number; readonly restMs?: number }
  | 'done'

/** Times of every process that shares the jobs; tests have shorter ones. */
export interface JobTimes {
  /** A job whose row has not changed for so long is free for others. */
  readonly leaseMs: number
  /** The owner stops this much earlier than others may begin. */
  readonly marginMs: number
  readonly renewalMs: number
  readonly pollMs: number
  /** The longest pause after a failure. */
  readonly failurePauseMaxMs: number
}

/** Where failures of jobs are made known: beside the job's own row. */
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

/** How long a job without an owner has to be left alone. */
export function restMs({ failures, restMs = 0 }: Job, { failurePauseMaxMs }: JobTimes): number {
  if (failures === 0) return restMs
  return Math.min(FAILURE_PAUSE_MIN_MS * 2 ** (failures - 1), failurePauseMaxMs)
}

/** A job that this process has claimed and owns until it is done, failed, or another one's. */
export class Lease {
  readonly #driver: StorageDriver
  readonly #times: JobTimes
  readonly #reports: JobReports
  #row: JobRow
  #renewedAt: number
  /** Between two steps, with nothing to do but to keep the job. */
  isPausing = false

  /** `claimedAt`: before the claim was sent. */
  constructor({ driver, times, reports }: LeaseOptions, row: JobRow, claimedAt: number) {
    this.#driver = driver
    this.#times = times
    this.#reports = reports
    this.#row = row
    this.#renewedAt = claimedAt
  }

  /** Step by step until the job is done, has failed, is lost to another process, or this one
   * closes. */
  async work(kind: JobKind, closing: AbortSignal): Promise<void> {
    try {
      while (!closing.aborted) {
        // Steps may be done without any waiting; requests come between them all the same.
        await nextTurn()
        await this.#hold()
        const { job } = this.#row
        const result = await kind.step(job.state, this.#stepDeadline()).catch(failure)
        if (result === 'done') return await this.#remove()
        if (result instanceof StepFailure) return await this.#fail(kind, result)
        if (result.restMs !== undefined) return await this.#rest(result.state, result.restMs)
        await this.#advance(result, closing)
      }
      await this.#replace({ ...this.#row.job, owner: null })
    } catch (error) {
      if (!(error instanceof LostLease)) throw error
    }
  }

  async #advance(
    { state, pauseMs = 0 }: Exclude<StepResult, 'done'>,
    closing: AbortSignal,
  ): Promise<void> {
    await this.#pause(pauseMs, closing)
    if (closing.aborted) return
    const { error, ...job } = this.#row.job
    const isNews = error !== undefined || JSON.stringify(state) !== JSON.stringify(job.state)
    if (isNews) await this.#replace({ ...job, state, failures: 0 })
  }

  async #rest(state: JobState, restMs: number): Promise<void> {
    const { error: _, ...job } = this.#row.job
    await this.#replace({ ...job, state, failures: 0, owner: null, restMs })
  }

  /** Leaves the job to whoever has seen it rest: the trouble may be this process's own. */
  async #fail(kind: JobKind, { cause, message }: StepFailure): Promise<void> {
    const { job } = this.#row
    const failed = { ...job, owner: null, failures: job.failures + 1, error: message }
    this.#reports.onBackgroundError(new JobFailure(failed, cause))
    try {
      if (failed.failures % JOB_FAILURES_MAX === 0) this.#reports.onJobFailing(failed)
      if (kind.fail && failed.failures >= JOB_FAILURES_MAX) {
        await this.#hold()
        await kind.fail(job.state, this.#stepDeadline())
      }
    } finally {
      await this.#replace(failed)
    }
  }

  async #pause(milliseconds: number, closing: AbortSignal): Promise<void> {
    const until = performance.now() + milliseconds
    this.isPausing = true
    for (;;) {
      const left = until - performance.now()
      if (left <= 0 || closing.aborted) break
      const nap = Math.min(left, this.#times.renewalMs)
      await delay(nap, undefined, { signal: closing, ref: false }).catch(() => {})
      await this.#hold()
    }
    this.isPausing = false
  }

  /** Renews the lease when that is due. */
  async #hold(): Promise<void> {
    if (performance.now() - this.#renewedAt < this.#times.renewalMs) return
    await this.#replace(this.#row.job)
  }

  /** Before anybody else may think that the job is free. */
  #stepDeadline(): number {
    const heldUntil = this.#renewedAt + this.#times.leaseMs - this.#times.marginMs
    return Math.min(performance.now() + STEP_TIMEOUT_MS, heldUntil)
  }

  /** Whoever writes the row next owns the job: late is not too late unless another was first. */
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

/** Another process has taken the job over. */
class LostLease extends Error {}

/** For the log. */
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
