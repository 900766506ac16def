import type { Job } from '../leases/job.ts'
import { aboutDeletion, DELETE_TABLE } from './delete-table-job.ts'
import { EXPIRE_ITEMS, expiredUntil } from './expire-items-job.ts'

/** Minutes are swept two after they have ended, or somewhat later. */
const BEHIND_MS = 5 * 60_000

/** What an operator may want to know of a job. */
export interface JobReport {
  readonly job: string
  readonly kind: string
  /** `failing`: its last step failed. `behind`: it does not keep up. `resting`: it goes on by
   * itself. `waiting`: for a process that has time. */
  readonly status: 'failing' | 'behind' | 'working' | 'resting' | 'waiting'
  readonly about: string
  /** In a row. */
  readonly failures: number
  /** When the first of them was. */
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

/** Of a kind of a later version it says nothing. */
function aboutJob({ kind, state }: Job): string {
  if (kind === DELETE_TABLE) return aboutDeletion(state)
  if (kind !== EXPIRE_ITEMS) return ''
  return `expired items are deleted up to ${new Date(expiredUntil(state)).toISOString()}`
}
