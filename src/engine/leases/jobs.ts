import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { StorageDriver, Version } from '../../storage/driver.ts'
import { EpochUpkeep } from './epoch-upkeep.ts'
import { addStanding } from './heads.ts'
import { type JobRow, placeName, replaceJob } from './job.ts'
import { type JobKind, type JobReports, type JobTimes, Lease } from './lease.ts'
import { type Ledger, readLedger } from './ledger.ts'

export interface JobsOptions extends JobReports {
  readonly driver: StorageDriver
  readonly kinds: readonly JobKind[]
  readonly times?: JobTimes
  /** Set if another process of this machine looks for jobs: makes it poll now. This one then starts
   * with `lookForJobs` only. */
  readonly wakeOther?: () => void
}

const TIMES: JobTimes = {
  leaseMs: 10_000,
  marginMs: 2_000,
  renewalMs: 2_500,
  turnMs: 20_000,
  pollMs: 1_000,
  failurePauseMaxMs: 30_000,
}
const POLL_TIMEOUT_MS = 5_000
/** Random part of `pollMs`, so that processes started together do not poll together. */
const JITTER = 0.25
/** Jobs held by a process, besides standing ones. */
const JOBS_WORKING_MAX = 32

interface HeldJob {
  readonly kind: JobKind
  readonly ended: Promise<void>
}

interface Sighting {
  readonly version: Version
  readonly since: number
}

/**
 * Works on the jobs of all processes. A job has at most one lease holder, which renews its lease by
 * rewriting the job's row. A job may be claimed if its row has not changed for the lease time, or
 * without an owner for its rest, measured by the observer's monotonic clock; clocks of different
 * processes are never compared. docs/adr/0007-jobs-and-expiry.md
 */
export class Jobs {
  readonly #options: JobsOptions
  readonly #driver: StorageDriver
  readonly #times: JobTimes
  readonly #upkeep: EpochUpkeep
  readonly #owner = randomUUID()
  /** By place, like the sightings. */
  readonly #held = new Map<string, HeldJob>()
  readonly #closing = new AbortController()
  #sightings = new Map<string, Sighting>()
  #watching: Promise<void> | undefined
  #nap = new AbortController()

  constructor(options: JobsOptions) {
    this.#options = options
    this.#driver = options.driver
    this.#times = options.times ?? TIMES
    this.#upkeep = new EpochUpkeep(options.driver)
    if (!options.wakeOther) this.lookForJobs()
  }

  /** Polls now, and from now on. */
  lookForJobs(): void {
    if (this.#watching) this.#nap.abort()
    else this.#watching = this.#watch()
  }

  /** After a job was added: polls now. */
  wake(): void {
    if (this.#watching) this.#nap.abort()
    else this.#options.wakeOther?.()
  }

  /** Stops after the current steps, and releases their jobs. */
  async close(): Promise<void> {
    this.#closing.abort()
    this.#nap.abort()
    await this.#watching
    await Promise.all(Array.from(this.#held.values(), ({ ended }) => ended))
  }

  async #watch(): Promise<void> {
    const { onBackgroundError } = this.#options
    while (!this.#closing.signal.aborted) {
      await this.#poll().catch(onBackgroundError)
      const { signal } = this.#nap
      const napMs = this.#times.pollMs * (1 + JITTER * (2 * Math.random() - 1))
      await delay(napMs, undefined, { signal, ref: false }).catch(() => {})
      this.#nap = new AbortController()
    }
  }

  async #poll(): Promise<void> {
    const { onBackgroundError } = this.#options
    const ledger = await readLedger(this.#driver, onBackgroundError)
    const jobs = ledger.epochs.flatMap(({ jobs }) => jobs)
    const rows = [...shuffled(jobs).sort(byPrecedence), ...shuffled(ledger.standing)]
    // Measured after the read, since a row read slowly may have been written just now.
    const now = performance.now()
    this.#sightings = new Map(rows.map((row) => [placeName(row.place), this.#sighting(row, now)]))
    // Adding may fail for lack of space, which existing jobs can free.
    await this.#addMissing(ledger).catch(onBackgroundError)
    const claims = this.#chosen(rows, now).map(({ row, kind }) => this.#claim(row, kind))
    for (const claim of await Promise.allSettled(claims)) {
      if (claim.status === 'rejected') onBackgroundError(claim.reason)
    }
    await this.#upkeep.tend(ledger)
  }

  /** The jobs to claim now. */
  #chosen(rows: readonly JobRow[], now: number) {
    const chosen: { readonly row: JobRow; readonly kind: JobKind }[] = []
    const held = Array.from(this.#held.values(), ({ kind }) => kind)
    let room = JOBS_WORKING_MAX - held.filter((kind) => !kind.standing).length
    // Standing jobs are divided among processes: each claims one per kind and poll.
    const taken = new Set<JobKind>()
    for (const row of rows) {
      if (this.#closing.signal.aborted) return []
      const kind = this.#options.kinds.find(({ kind }) => kind === row.job.kind)
      if (!kind || this.#held.has(placeName(row.place)) || !this.#isFree(row, now)) continue
      if (kind.standing ? taken.has(kind) : room === 0) continue
      if (kind.standing) taken.add(kind)
      else room--
      chosen.push({ row, kind })
    }
    return chosen
  }

  async #addMissing({ standing }: Ledger): Promise<void> {
    const present = new Set(standing.map(({ job }) => job.id))
    const all = this.#options.kinds.flatMap((kind) => kind.standing?.() ?? [])
    const missing = all.filter(({ id }) => !present.has(id))
    const deadline = performance.now() + POLL_TIMEOUT_MS
    await Promise.all(missing.map((job) => addStanding(this.#driver, job, deadline)))
  }

  #sighting({ place, version }: JobRow, now: number): Sighting {
    const before = this.#sightings.get(placeName(place))
    return before?.version.equals(version) ? before : { version, since: now }
  }

  #isFree({ job, place }: JobRow, now: number): boolean {
    const seenMs = now - (this.#sightings.get(placeName(place))?.since ?? now)
    return seenMs >= (job.owner === null ? job.restMs : this.#times.leaseMs)
  }

  async #claim(row: JobRow, kind: JobKind): Promise<void> {
    const claimedAt = performance.now()
    const mine = { ...row.job, owner: this.#owner, restMs: 0, attempt: row.job.attempt + 1 }
    const claimed = await replaceJob(this.#driver, row, mine, claimedAt + POLL_TIMEOUT_MS)
    if (!claimed) return
    const parts = { driver: this.#driver, times: this.#times, reports: this.#options }
    const lease = new Lease(parts, claimed, claimedAt)
    const name = placeName(row.place)
    const work = lease
      .work(kind, this.#closing.signal)
      .then(
        ({ version }) => this.#sightings.set(name, { version, since: performance.now() }),
        this.#options.onBackgroundError,
      )
    const ended = work.then(() => {
      this.#held.delete(name)
    })
    this.#held.set(name, { kind, ended })
  }
}

/** Jobs that fail repeatedly or take long come last. */
function byPrecedence({ job: a }: JobRow, { job: b }: JobRow): number {
  return a.failures - b.failures || a.attempt - b.attempt
}

function shuffled<T>(list: readonly T[]): T[] {
  return list
    .map((value) => ({ value, place: Math.random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ value }) => value)
}
