import { randomUUID } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import type { StorageDriver, Version } from '../../storage/driver.ts'
import { addJob, type Job, type JobRow, listJobs, replaceJob } from './job.ts'
import { type JobKind, type JobReports, type JobTimes, Lease, restMs } from './lease.ts'

/**
 * Works on the jobs of all processes. Each is owned by one process at a time, which shows that it
 * lives by changing the job's row; a job whose row has not changed for a lease of the observer's
 * own monotonic time is taken over. No clock is compared with another one's.
 * docs/adr/0007-jobs-and-expiry.md
 */
export interface Jobs {
  /** Looks for work now rather than at the next poll. */
  wake(): void
  /** Stops after the steps under way; their jobs are free for others at once. */
  close(): Promise<void>
}

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

export function createJobs(options: JobsOptions): Jobs {
  const { driver, kinds, onBackgroundError, onJobFailing, times = TIMES } = options
  const reports = { onBackgroundError, onJobFailing }
  const owner = randomUUID()
  const byName = new Map(kinds.map((kind) => [kind.kind, kind]))
  const held = new Map<string, HeldJob>()
  const closing = new AbortController()
  // Each pause listens; Node takes more than ten listeners for a leak and says so on stderr.
  setMaxListeners(JOBS_HELD_MAX + kinds.length, closing.signal)
  let sightings = new Map<string, Sighting>()
  let nap = new AbortController()

  async function watch(): Promise<void> {
    while (!closing.signal.aborted) {
      await poll().catch(onBackgroundError)
      await delay(times.pollMs, undefined, { signal: nap.signal, ref: false }).catch(() => {})
      nap = new AbortController()
    }
  }

  async function poll(): Promise<void> {
    const deadline = performance.now() + POLL_TIMEOUT_MS
    const rows = await listJobs(driver, deadline)
    // A row read slowly may have been written just now: its lease is counted from here.
    const now = performance.now()
    sightings = new Map(rows.map((row) => [row.job.id, sighting(row, now)]))
    // There may be no room for it, which the jobs that are there can make.
    await addMissing(rows, deadline).catch(onBackgroundError)
    // Those that fail again and again must not take the others' places.
    const healthyFirst = rows.toSorted((a, b) => a.job.failures - b.job.failures)
    for (const row of healthyFirst) {
      if (closing.signal.aborted) return
      const kind = byName.get(row.job.kind)
      if (!kind || held.has(row.job.id) || !isFree(row, now)) continue
      if (kind.standing || hasRoom()) await claim(row, kind)
    }
  }

  function hasRoom(): boolean {
    if (held.size >= JOBS_HELD_MAX) return false
    let working = 0
    for (const { lease } of held.values()) if (!lease.isPausing) working++
    return working < JOBS_WORKING_MAX
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
    const seenMs = now - (sightings.get(job.id)?.since ?? now)
    return seenMs >= (job.owner === null ? restMs(job, times) : times.leaseMs)
  }

  async function claim(row: JobRow, kind: JobKind): Promise<void> {
    const claimedAt = performance.now()
    const mine: Job = { ...row.job, owner, attempt: row.job.attempt + 1 }
    const claimed = await replaceJob(driver, row, mine, claimedAt + POLL_TIMEOUT_MS)
    if (!claimed) return
    const { id } = row.job
    const lease = new Lease({ driver, times, reports }, claimed, claimedAt)
    const work = lease.work(kind, closing.signal).catch(onBackgroundError)
    held.set(id, { lease, ended: work.finally(() => held.delete(id)) })
  }

  const watching = watch()
  return {
    wake: () => nap.abort(),
    async close() {
      closing.abort()
      nap.abort()
      await watching
      await Promise.all(Array.from(held.values(), ({ ended }) => ended))
    },
  }
}
