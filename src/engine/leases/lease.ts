import { setImmediate as nextTurn } from 'node:timers/promises'
import type { StorageDriver } from '../../storage/driver.ts'
import { type Job, type JobRow, type JobState, removeJob, replaceJob } from './job.ts'

/** One kind of job. */
export interface JobKind {
  readonly kind: string
  /**
   * Does a part of the work: bounded, by `deadline`, and harmless when it is done again, also
   * while a process that was thought dead ends the same step, or another job of the same id is
   * worked on. Throws to be tried again.
   */
  step(state: JobState, deadline: number): Promise<StepResult>
  /** Jobs of this kind that are always there. Their rows are overwritten and never deleted. */
  standing?(): readonly Job[]
  /** Called at every failure in a row from the `JOB_FAILURES_MAX`th on, to make it known. The job
   * is tried on. */
  fail?(state: JobState, deadline: number): Promise<void>
}

/** What there is to do next, or nothing. With a rest the job is given up: any process goes on with
 * it that has seen its row unchanged for `restMs`. */
export type StepResult = { readonly state: JobState; readonly restMs?: number } | 'done'

/** Times of every process that shares the jobs; tests have shorter ones. */
export interface JobTimes {
  /** A job whose row has not changed for so long is free for others. */
  readonly leaseMs: number
  /** The owner stops this much earlier than others may begin. */
  readonly marginMs: number
  readonly renewalMs: number
  /** Work on one job after which others get its place. */
  readonly turnMs: number
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

function failureRestMs(failures: number, { failurePauseMaxMs }: JobTimes): number {
  return Math.min(FAILURE_PAUSE_MIN_MS * 2 ** (failures - 1), failurePauseMaxMs)
}

/** A job that this process has claimed and owns until it is done, failed, or another one's. */
export class Lease {
  readonly #driver: StorageDriver
  readonly #times: JobTimes
  readonly #reports: JobReports
  readonly #claimedAt: number
  #row: JobRow
  #renewedAt: number

  /** `claimedAt`: before the claim was sent. */
  constructor({ driver, times, reports }: LeaseOptions, row: JobRow, claimedAt: number) {
    this.#driver = driver
    this.#times = times
    this.#reports = reports
    this.#claimedAt = claimedAt
    this.#row = row
    this.#renewedAt = claimedAt
  }

  /** Step by step until the job is done, rests, has failed, has had its turn, is lost to another
   * process, or this one closes. Returns the row as it left it. */
  async work(kind: JobKind, closing: AbortSignal): Promise<JobRow> {
    try {
      let isOwner = true
      while (isOwner) isOwner = await this.#step(kind, closing)
    } catch (error) {
      if (!(error instanceof LostLease)) throw error
    }
    return this.#row
  }

  /** Whether the next step is this process's as well. */
  async #step(kind: JobKind, closing: AbortSignal): Promise<boolean> {
    // Steps may be done without any waiting; requests come between them all the same.
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

  /** Leaves the job to whoever has seen it rest: the trouble may be this process's own. */
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
