import type { CommitResult, PutRow, StorageDriver } from '../../storage/driver.ts'
import { JOB_EPOCHS_TABLE_ID } from '../format/system-tables.ts'
import { newVersion } from '../format/version.ts'
import { type Job, type JobRow, jobPut, jobRow } from './job.ts'

/**
 * A partition of jobs under a random name, used once. Its first row is a marker, whose version is
 * that name while the epoch is open. Adding a job requires this version, so a read after the seal
 * shows all jobs of a sealed epoch. A sealed and empty epoch is dropped as a whole, with the
 * tombstones of its jobs. docs/adr/0007-jobs-and-expiry.md
 */
export interface Epoch {
  readonly name: string
  /** True: sealed or dropped. False may be outdated. */
  readonly isSealed: boolean
  /** The marker's order. Undefined if the epoch was dropped. */
  readonly order: bigint | undefined
  readonly jobs: readonly JobRow[]
  /** Whether certainly no job existed when it was read. */
  readonly isEmpty: boolean
}

const MARKER = Buffer.from([1])
const JOB = Buffer.from('j')
const BUDGET = { rows: 1000, bytes: 4 * 1024 * 1024 }

function partitionOf(name: string): Buffer {
  return Buffer.from(name, 'hex')
}

function marker(text: 'open' | 'sealed'): PutRow {
  const value = Buffer.from(text)
  return { sort: MARKER, value, size: value.length, expiresAt: 0 }
}

/** Creates an epoch with its first job. */
export function openEpoch(
  driver: StorageDriver,
  name: string,
  job: Job,
  deadline: number,
): Promise<CommitResult> {
  const commit = {
    id: partitionOf(name),
    require: [{ sort: MARKER, version: null }],
    put: [marker('open'), jobPut(jobSort(job), job)],
    delete: [],
    reserve: 'deletions',
  } as const
  return driver.commit(JOB_EPOCHS_TABLE_ID, partitionOf(name), commit, deadline)
}

/** `closed`: the epoch accepts no more jobs. `unknown`: the job exists now, later or never. */
export async function addToEpoch(
  driver: StorageDriver,
  name: string,
  job: Job,
  { isLast, deadline }: { readonly isLast: boolean; readonly deadline: number },
): Promise<'added' | 'closed' | 'unknown'> {
  const sort = jobSort(job)
  const put = jobPut(sort, job)
  const commit = {
    id: newVersion(),
    require: [
      { sort: MARKER, version: partitionOf(name) },
      { sort, version: null },
    ],
    put: isLast ? [put, marker('sealed')] : [put],
    delete: [],
    reserve: 'deletions',
  } as const
  const result = await driver.commit(JOB_EPOCHS_TABLE_ID, partitionOf(name), commit, deadline)
  if (result.outcome === 'applied') return 'added'
  if (result.outcome !== 'refused') return 'unknown'
  const found = result.current.find((row) => row.sort.equals(sort))
  return found?.version ? 'added' : 'closed'
}

function jobSort({ id }: Job): Buffer {
  return Buffer.concat([JOB, Buffer.from(id)])
}

export async function readEpoch(
  driver: StorageDriver,
  name: string,
  deadline: number,
): Promise<Epoch> {
  const partition = partitionOf(name)
  const read = { level: 'strong', deadline } as const
  // Jobs are read after the marker, whose sort is the first.
  const slice = await driver.slice(JOB_EPOCHS_TABLE_ID, partition, {}, 'forward', BUDGET, read)
  const found = slice.rows.find(({ sort }) => sort.equals(MARKER))
  const jobs = slice.rows.filter((row) => row !== found)
  return {
    name,
    isSealed: !found?.version.equals(partition),
    order: found?.order,
    jobs: jobs.map((row) => jobRow(JOB_EPOCHS_TABLE_ID, partition, row)),
    isEmpty: jobs.length === 0 && !slice.more,
  }
}

/** Makes the epoch accept no more jobs. The outcome shows when it is read again. */
export async function sealEpoch(
  driver: StorageDriver,
  name: string,
  deadline: number,
): Promise<void> {
  const partition = partitionOf(name)
  const commit = {
    id: newVersion(),
    require: [{ sort: MARKER, version: partition }],
    put: [marker('sealed')],
    delete: [],
    reserve: 'jobs',
  } as const
  await driver.commit(JOB_EPOCHS_TABLE_ID, partition, commit, deadline)
}

/** For an epoch that was sealed and empty when it was read. */
export async function dropEpoch(
  driver: StorageDriver,
  { name, order }: Epoch,
  deadline: number,
): Promise<void> {
  if (order === undefined) return
  await driver.drop(JOB_EPOCHS_TABLE_ID, partitionOf(name), order, deadline)
}
