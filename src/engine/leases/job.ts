import type { PutRow, Row, StorageDriver, TableId, Version } from '../../storage/driver.ts'
import { newVersion } from '../format/version.ts'
import { settledCommit } from '../items/settled-commit.ts'

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
  /** Without an owner: how long its row must have been seen unchanged before it is taken up. */
  readonly restMs: number
  /** How often somebody took it up. */
  readonly attempt: number
  /** Failures since the last step that was done. */
  readonly failures: number
  /** The last failure, for operators. */
  readonly error?: string
  /** When the first of these failures was, in milliseconds since 1970 by the clock of the process
   * that saw it. For operators. */
  readonly since?: number
}

/** Where a job's row is. */
export interface JobPlace {
  readonly table: TableId
  readonly partition: Buffer
  readonly sort: Buffer
}

/** The version changes with every claim, renewal and step: who works on a job holds its latest. */
export interface JobRow {
  readonly job: Job
  readonly place: JobPlace
  readonly version: Version
}

export function newJob(id: string, kind: string, state: JobState): Job {
  return { id, kind, state, owner: null, restMs: 0, attempt: 0, failures: 0 }
}

/** Names a place among all. */
export function placeName({ partition, sort }: JobPlace): string {
  return `${partition.toString('hex')} ${sort.toString('hex')}`
}

export function jobPut(sort: Buffer, job: Job): PutRow {
  const value = Buffer.from(JSON.stringify(job))
  return { sort, value, size: value.length, expiresAt: 0 }
}

export function jobRow(table: TableId, partition: Buffer, { sort, value, version }: Row): JobRow {
  const job = JSON.parse(value.toString()) as Job
  return { job, place: { table, partition, sort }, version }
}

/** Writes the job's next form over the one that was read; undefined when it is no longer that. */
export async function replaceJob(
  driver: StorageDriver,
  row: JobRow,
  next: Job,
  deadline: number,
): Promise<JobRow | undefined> {
  const version = await commitOver(driver, row, next, deadline)
  return version && { job: next, place: row.place, version }
}

/** Deletes a job that is done, unless somebody else has taken it over. */
export async function removeJob(
  driver: StorageDriver,
  row: JobRow,
  deadline: number,
): Promise<void> {
  await commitOver(driver, row, null, deadline)
}

async function commitOver(
  driver: StorageDriver,
  { place: { table, partition, sort }, version }: JobRow,
  next: Job | null,
  deadline: number,
): Promise<Version | undefined> {
  const commit = {
    id: newVersion(),
    require: [{ sort, version }],
    put: next ? [jobPut(sort, next)] : [],
    delete: next ? [] : [sort],
    reserve: 'jobs',
  } as const
  const { outcome } = await settledCommit(driver, table, partition, commit, deadline)
  return outcome === 'applied' ? commit.id : undefined
}
