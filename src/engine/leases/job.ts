import type { Row, StorageDriver, Version } from '../../storage/driver.ts'
import { JOBS_TABLE_ID } from '../format/system-tables.ts'
import { newVersion } from '../format/version.ts'
import { type SettledCommit, settledCommit } from '../items/settled-commit.ts'

/** How far a job has come; JSON, and its kind's own. */
export type JobState = Readonly<Record<string, unknown>>

/** Work that is done to its end whatever becomes of the process that began it. A row. */
export interface Job {
  readonly id: string
  /** Names the code that does it. */
  readonly kind: string
  readonly state: JobState
  /** The process that works on it; null while nobody does. */
  readonly owner: string | null
  /** How often somebody took it up. */
  readonly attempt: number
  /** Failures since the last step that was done. */
  readonly failures: number
  /** How long it is left alone while nobody works on it. */
  readonly restMs?: number
  /** The last failure, for operators. */
  readonly error?: string
}

/** The version changes with every claim, renewal and step: who works on a job holds its latest. */
export interface JobRow {
  readonly job: Job
  readonly version: Version
}

const PARTITION = Buffer.from('jobs')
const LIST_BUDGET = { rows: 1000, bytes: 1024 * 1024 }

export function newJob(id: string, kind: string, state: JobState): Job {
  return { id, kind, state, owner: null, attempt: 0, failures: 0 }
}

/** Makes the job durable; one of the same id that is there already is left as it is. */
export async function addJob(driver: StorageDriver, job: Job, deadline: number): Promise<void> {
  await commitJob(driver, job, null, job, deadline)
}

/** The jobs that are not done: as many as a page holds, more than are ever worked on at once. */
export async function listJobs(driver: StorageDriver, deadline: number): Promise<JobRow[]> {
  const read = { level: 'strong', deadline } as const
  const slice = await driver.slice(JOBS_TABLE_ID, PARTITION, {}, 'forward', LIST_BUDGET, read)
  return slice.rows.map((row) => ({ job: decodeJob(row), version: row.version }))
}

function decodeJob(row: Row): Job {
  return JSON.parse(row.value.toString()) as Job
}

/** Writes the job's next form over the one that was read; undefined when it is no longer that. */
export async function replaceJob(
  driver: StorageDriver,
  { job, version }: JobRow,
  next: Job,
  deadline: number,
): Promise<JobRow | undefined> {
  const commit = await commitJob(driver, job, version, next, deadline)
  return commit.outcome === 'applied' ? { job: next, version: commit.id } : undefined
}

/** Deletes a job that is done, unless somebody else has taken it over. */
export async function removeJob(
  driver: StorageDriver,
  { job, version }: JobRow,
  deadline: number,
): Promise<void> {
  await commitJob(driver, job, version, null, deadline)
}

async function commitJob(
  driver: StorageDriver,
  { id }: Job,
  version: Version | null,
  next: Job | null,
  deadline: number,
): Promise<SettledCommit & { readonly id: Version }> {
  const sort = Buffer.from(id)
  const value = Buffer.from(JSON.stringify(next))
  const commit = {
    id: newVersion(),
    require: [{ sort, version }],
    put: next ? [{ sort, value, size: value.length, expiresAt: 0 }] : [],
    delete: next ? [] : [sort],
    reserve: version ? 'jobs' : 'deletions',
  } as const
  const settled = await settledCommit(driver, JOBS_TABLE_ID, PARTITION, commit, deadline)
  return { ...settled, id: commit.id }
}
