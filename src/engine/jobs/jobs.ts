import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { StorageDriver, Version } from '../../storage/driver.ts'
import {
  addJob,
  type Job,
  type JobRow,
  type JobState,
  listJobs,
  removeJob,
  replaceJob,
} from './job.ts'

/** One kind of job. */
export interface JobKind {
  readonly kind: string
  /**
   * Does a part of the work: bounded, by `deadline`, and harmless when it is done again, also
   * while a process that was thought dead ends the same step. Throws to be tried again.
   */
  step(state: JobState, deadline: number): Promise<StepResult>
  /** A job of this kind that is always there. */
  standing?(): Job
  /** Called when a step has failed `FAILURES_MAX` times in a row: the job then ends. A kind
   * without it is tried for ever. */
  fail?(state: JobState, deadline: number): Promise<void>
}

/** What there is to do next, after a pause; or nothing. */
export type StepResult = { readonly state: JobState; readonly pauseMs?: number } | 'done'

/**
 * Works on the jobs of all processes. Each is owned by one process at a time, which shows that it
 * lives by changing the job's row; a job whose row has not changed for a lease of the observer's
 * own monotonic time is taken over. No clock is compared with another one's.
 */
export interface Jobs {
  /** Looks for work now rather than at the next poll. */
  wake(): void
  /** Stops after the steps under way; their jobs are free for others at once. */
  close(): Promise<void>
}

export interface JobsOptions {
  readonly driver: StorageDriver
  readonly kinds: readonly JobKind[]
  readonly onBackgroundError: (error: unknown) => void
  readonly times?: JobTimes
}

/** Times of every process that shares the jobs; tests have shorter ones. */
export interface JobTimes {
  /** A job whose row has not changed for so long is free for others. */
  readonly leaseMs: number
  /** The owner stops this much earlier than others may begin. */
  readonly marginMs: number
  readonly renewalMs: number
  readonly pollMs: number
}

const TIMES: JobTimes = { leaseMs: 10_000, marginMs: 2_000, renewalMs: 2_500, pollMs: 1_000 }
const POLL_TIMEOUT_MS = 5_000
const STEP_TIMEOUT_MS = 5_000
const FAILURES_MAX = 30
const FAILURE_PAUSE_MAX_MS = 30_000
/** Of one process. */
const RUNNING_MAX = 8

interface Sighting {
  readonly version: Version
  readonly since: number
}

export function createJobs(options: JobsOptions): Jobs {
  const { driver, kinds, onBackgroundError, times = TIMES } = options
  const owner = randomUUID()
  const byName = new Map(kinds.map((kind) => [kind.kind, kind]))
  const running = new Map<string, Promise<void>>()
  const closing = new AbortController()
  let sightings = new Map<string, Sighting>()
  let nap = new AbortController()

  async function watch(): Promise<void> {
    while (!closing.signal.aborted) {
      await poll().catch(onBackgroundError)
      const signal = AbortSignal.any([closing.signal, nap.signal])
      await delay(times.pollMs, undefined, { signal, ref: false }).catch(() => {})
      nap = new AbortController()
    }
  }

  async function poll(): Promise<void> {
    const now = performance.now()
    const rows = await listJobs(driver, now + POLL_TIMEOUT_MS)
    await addMissing(rows, now + POLL_TIMEOUT_MS)
    sightings = new Map(rows.map((row) => [row.job.id, sighting(row, now)]))
    for (const row of rows) {
      if (closing.signal.aborted || running.size >= RUNNING_MAX) return
      const kind = byName.get(row.job.kind)
      if (kind && !running.has(row.job.id) && isFree(row, now)) await claim(row, kind)
    }
  }

  async function addMissing(rows: readonly JobRow[], deadline: number): Promise<void> {
    for (const kind of kinds) {
      if (!kind.standing || rows.some(({ job }) => job.kind === kind.kind)) continue
      await addJob(driver, kind.standing(), deadline)
    }
  }

  function sighting({ job, version }: JobRow, now: number): Sighting {
    const before = sightings.get(job.id)
    return before?.version.equals(version) ? before : { version, since: now }
  }

  function isFree({ job }: JobRow, now: number): boolean {
    const since = sightings.get(job.id)?.since ?? now
    return job.owner === null || now - since >= times.leaseMs
  }

  async function claim(row: JobRow, kind: JobKind): Promise<void> {
    const claimedAt = performance.now()
    const mine: Job = { ...row.job, owner, attempt: row.job.attempt + 1 }
    const claimed = await replaceJob(driver, row, mine, claimedAt + POLL_TIMEOUT_MS)
    if (!claimed) return
    const { id } = row.job
    const work = new Lease(driver, times, claimed, claimedAt).work(kind, closing.signal)
    running.set(
      id,
      work
        .catch(onBackgroundError)
        .finally(() => running.delete(id))
        .then(() => {}),
    )
  }

  const watching = watch()
  return {
    wake: () => nap.abort(),
    async close() {
      closing.abort()
      await watching
      await Promise.all(running.values())
    },
  }
}

/** A job that this process owns, as long as it can be sure of it. */
class Lease {
  readonly #driver: StorageDriver
  readonly #times: JobTimes
  #row: JobRow
  #renewedAt: number

  constructor(driver: StorageDriver, times: JobTimes, row: JobRow, claimedAt: number) {
    this.#driver = driver
    this.#times = times
    this.#row = row
    this.#renewedAt = claimedAt
  }

  /** Step by step until it is done, lost to another process, or this one closes. */
  async work(kind: JobKind, closing: AbortSignal): Promise<void> {
    while (!closing.aborted) {
      const { job } = this.#row
      const result = await kind.step(job.state, this.#deadline()).catch(failure)
      if (result === 'done') return this.#remove()
      if (result instanceof StepFailure) {
        if (kind.fail && job.failures + 1 >= FAILURES_MAX) {
          await kind.fail(job.state, this.#deadline())
          return this.#remove()
        }
        const failures = job.failures + 1
        if (!(await this.#replace({ ...job, failures, error: result.message }))) return
        const pauseMs = Math.min(100 * 2 ** failures, FAILURE_PAUSE_MAX_MS)
        if (!(await this.#pause(pauseMs, closing))) return
        continue
      }
      const { error, ...rest } = job
      if (!(await this.#advance({ ...rest, state: result.state, failures: 0 }, error))) return
      if (!(await this.#pause(result.pauseMs ?? 0, closing))) return
    }
    await this.#replace({ ...this.#row.job, owner: null })
  }

  /** Before anybody else may think that the job is free. */
  #deadline(): number {
    const heldUntil = this.#renewedAt + this.#times.leaseMs - this.#times.marginMs
    return Math.min(performance.now() + STEP_TIMEOUT_MS, heldUntil)
  }

  /** A step without news is not written down, but for the renewal that is due. */
  async #advance(next: Job, error: string | undefined): Promise<boolean> {
    const isNews =
      error !== undefined || JSON.stringify(next.state) !== JSON.stringify(this.#row.job.state)
    const isDue = performance.now() - this.#renewedAt > this.#times.renewalMs
    return isNews || isDue ? this.#replace(next) : true
  }

  async #replace(next: Job): Promise<boolean> {
    const at = performance.now()
    const row = await replaceJob(this.#driver, this.#row, next, this.#deadline())
    if (!row) return false
    this.#row = row
    this.#renewedAt = at
    return true
  }

  async #remove(): Promise<void> {
    await removeJob(this.#driver, this.#row, this.#deadline())
  }

  /** Waits and stays the owner; false when that was not to be. */
  async #pause(milliseconds: number, closing: AbortSignal): Promise<boolean> {
    const until = performance.now() + milliseconds
    for (;;) {
      const left = until - performance.now()
      if (left <= 0 || closing.aborted) return true
      const nap = Math.min(left, this.#times.renewalMs)
      await delay(nap, undefined, { signal: closing, ref: false }).catch(() => {})
      if (nap < left && !(await this.#replace(this.#row.job))) return false
    }
  }
}

class StepFailure {
  readonly message: string

  constructor(error: unknown) {
    this.message = error instanceof Error ? error.message : String(error)
  }
}

function failure(error: unknown): StepFailure {
  return new StepFailure(error)
}
