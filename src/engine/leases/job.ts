import type { PutRow, Row, StorageDriver, TableId, Version } from '../../storage/driver.ts'
import { newVersion } from '../format/version.ts'
import { settledCommit } from '../items/settled-commit.ts'

/** Progress of a job as JSON, defined by its kind. */
export type JobState = Readonly<Record<string, unknown>>

/** Durable work that is completed even if the process that started it dies. Stored as a row. */
export interface Job {
  readonly id: string
  readonly kind: string
  readonly state: JobState
  /** The lease holder, or null. */
  readonly owner: string | null
  /** For a job without owner: how long its row must stay unchanged before it may be claimed. */
  readonly restMs: number
  /** Claims so far. */
  readonly attempt: number
  /** Failures since the last successful step. */
  readonly failures: number
  /** The last failure, for operators. */
  readonly error?: string
  /** Time of the first of these failures, in milliseconds since 1970, by the clock of the process
   * that failed. For operators. */
  readonly since?: number
}

/** Where a job's row is. */
export interface JobPlace {
  readonly table: TableId
  readonly partition: Buffer
  readonly sort: Buffer
}

/** The version changes with every claim, renewal and step; only the lease holder knows it. */
export interface JobRow {
  readonly job: Job
  readonly place: JobPlace
  readonly version: Version
}

export function newJob(id: string, kind: string, state: JobState): Job {
  return { id, kind, state, owner: null, restMs: 0, attempt: 0, failures: 0 }
}

/** A unique name of a place. */
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

/** Replaces the job that was read; undefined if it has changed. */
export async function replaceJob(
  driver: StorageDriver,
  row: JobRow,
  next: Job,
  deadline: number,
): Promise<JobRow | undefined> {
  const version = await commitOver(driver, row, next, deadline)
  return version && { job: next, place: row.place, version }
}

/** Deletes a finished job, unless another process has claimed it. */
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
