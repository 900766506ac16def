import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { StorageDriver, Version } from '../../storage/driver.ts'
import { addJob, type Job, type JobRow, listJobs, replaceJob } from './job.ts'
import { type JobKind, type JobReports, type JobTimes, Lease, restMs } from './lease.ts'

export interface JobsOptions extends JobReports {
  readonly driver: StorageDriver
  readonly kinds: readonly JobKind[]
  readonly times?: JobTimes
}

const TIMES: JobTimes = {
  leaseMs: 10_000,
  marginMs: 2_000,
  renewalMs: 2_500,
  pollMs: 1_000,
  failurePauseMaxMs: 30_000,
}
const POLL_TIMEOUT_MS = 5_000
/** Jobs at work in a process at which it takes up no more, but for those that are always there. */
const JOBS_WORKING_MAX = 32
/** The same with those that pause, each of which is renewed again and again. */
export const JOBS_HELD_MAX = 256

/** A job that this process has. */
interface HeldJob {
  readonly lease: Lease
  readonly ended: Promise<void>
}

interface Sighting {
  readonly version: Version
  readonly since: number
}

/**
 * Works on the jobs of all processes. Each is owned by one process at a time, which shows that it
 * lives by changing the job's row; a job whose row has not changed for a lease of the observer's
 * own monotonic time is taken over. No clock is compared with another one's.
 * docs/adr/0007-jobs-and-expiry.md
 */
export class Jobs {
  readonly #driver: StorageDriver
  readonly #kinds: readonly JobKind[]
  readonly #times: JobTimes
  readonly #reports: JobReports
  readonly #owner = randomUUID()
  readonly #held = new Map<string, HeldJob>()
  readonly #closing = new AbortController()
  readonly #watching: Promise<void>
  #sightings = new Map<string, Sighting>()
  #nap = new AbortController()

  /** Works until it is closed. */
  constructor({ driver, kinds, times = TIMES, ...reports }: JobsOptions) {
    this.#driver = driver
    this.#kinds = kinds
    this.#times = times
    this.#reports = reports
    // Each pause listens; Node takes more than ten listeners for a leak and says so on stderr.
    setMaxListeners(JOBS_HELD_MAX + kinds.length, this.#closing.signal)
    this.#watching = this.#watch()
  }

  /** Looks for work now rather than at the next poll. */
  wake(): void {
    this.#nap.abort()
  }

  /** Stops after the steps under way; their jobs are free for others at once. */
  async close(): Promise<void> {
    this.#closing.abort()
    this.#nap.abort()
    await this.#watching
    await Promise.all(Array.from(this.#held.values(), ({ ended }) => ended))
  }

  async #watch(): Promise<void> {
    const { onBackgroundError } = this.#reports
    while (!this.#closing.signal.aborted) {
      await this.#poll().catch(onBackgroundError)
      const { signal } = this.#nap
      await delay(this.#times.pollMs, undefined, { signal, ref: false }).catch(() => {})
      this.#nap = new AbortController()
    }
  }

  async #poll(): Promise<void> {
    const deadline = performance.now() + POLL_TIMEOUT_MS
    const rows = await listJobs(this.#driver, deadline)
    // A row read slowly may have been written just now: its lease is counted from here.
    const now = performance.now()
    this.#sightings = new Map(rows.map((row) => [row.job.id, this.#sighting(row, now)]))
    // There may be no room for it, which the jobs that are there can make.
    await this.#addMissing(rows, deadline).catch(this.#reports.onBackgroundError)
    // Those that fail again and again must not take the others' places.
    const healthyFirst = rows.toSorted((a, b) => a.job.failures - b.job.failures)
    for (const row of healthyFirst) {
      if (this.#closing.signal.aborted) return
      const kind = this.#kinds.find(({ kind }) => kind === row.job.kind)
      if (!kind || this.#held.has(row.job.id) || !this.#isFree(row, now)) continue
      if (kind.standing || this.#hasRoom()) await this.#claim(row, kind)
    }
  }

  #hasRoom(): boolean {
    if (this.#held.size >= JOBS_HELD_MAX) return false
    let working = 0
    for (const { lease } of this.#held.values()) if (!lease.isPausing) working++
    return working < JOBS_WORKING_MAX
  }

  async #addMissing(rows: readonly JobRow[], deadline: number): Promise<void> {
    const known = new Set(rows.map(({ job }) => job.id))
    const standing = this.#kinds.flatMap((kind) => kind.standing?.() ?? [])
    const missing = standing.filter(({ id }) => !known.has(id))
    for (const job of missing) await addJob(this.#driver, job, deadline)
  }

  #sighting({ job, version }: JobRow, now: number): Sighting {
    const before = this.#sightings.get(job.id)
    return before?.version.equals(version) ? before : { version, since: now }
  }

  #isFree({ job }: JobRow, now: number): boolean {
    const seenMs = now - (this.#sightings.get(job.id)?.since ?? now)
    return seenMs >= (job.owner === null ? restMs(job, this.#times) : this.#times.leaseMs)
  }

  async #claim(row: JobRow, kind: JobKind): Promise<void> {
    const claimedAt = performance.now()
    const { restMs: _, ...job } = row.job
    const mine: Job = { ...job, owner: this.#owner, attempt: job.attempt + 1 }
    const claimed = await replaceJob(this.#driver, row, mine, claimedAt + POLL_TIMEOUT_MS)
    if (!claimed) return
    const { id } = row.job
    const parts = { driver: this.#driver, times: this.#times, reports: this.#reports }
    const lease = new Lease(parts, claimed, claimedAt)
    const work = lease.work(kind, this.#closing.signal).catch(this.#reports.onBackgroundError)
    this.#held.set(id, { lease, ended: work.finally(() => this.#held.delete(id)) })
  }
}
