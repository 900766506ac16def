import type { Job } from '../leases/job.ts'
import { aboutDeletion, DELETE_TABLE } from './delete-table-job.ts'
import { EXPIRE_ITEMS, expiredUntil } from './expire-items-job.ts'
import { aboutTimeToLive, TIME_TO_LIVE } from './time-to-live-job.ts'

/** Lag of a sweep that counts as behind. Minutes are swept about two minutes after their end. */
const BEHIND_MS = 5 * 60_000

/** A job as operators see it. */
export interface JobReport {
  readonly job: string
  readonly kind: string
  /** `failing`: its last step failed. `behind`: it lags. `resting`: until a time. `waiting`: for a
   * process. */
  readonly status: 'failing' | 'behind' | 'working' | 'resting' | 'waiting'
  readonly about: string
  /** Failures in a row. */
  readonly failures: number
  /** Time of the first of them. */
  readonly since: string | null
  readonly error: string | null
}

export function jobReport(job: Job, nowMs: number): JobReport {
  const { id, kind, failures, since, error = null } = job
  const isBehind = kind === EXPIRE_ITEMS && expiredUntil(job.state) < nowMs - BEHIND_MS
  return {
    ...{ job: id, kind, status: statusOf(job, isBehind), about: aboutJob(job), failures },
    ...{ since: since === undefined ? null : new Date(since).toISOString(), error },
  }
}

function statusOf({ owner, restMs, failures }: Job, isBehind: boolean): JobReport['status'] {
  if (failures > 0) return 'failing'
  if (isBehind) return 'behind'
  if (owner !== null) return 'working'
  return restMs > 0 ? 'resting' : 'waiting'
}

/** Empty for a kind of a later version. */
function aboutJob({ kind, state }: Job): string {
  if (kind === DELETE_TABLE) return aboutDeletion(state)
  if (kind === TIME_TO_LIVE) return aboutTimeToLive(state)
  if (kind !== EXPIRE_ITEMS) return ''
  return `expired items are deleted up to ${new Date(expiredUntil(state)).toISOString()}`
}
