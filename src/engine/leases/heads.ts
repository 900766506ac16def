import type { CommitResult, Row, StorageDriver, Version } from '../../storage/driver.ts'
import { JOB_HEADS_TABLE_ID } from '../format/system-tables.ts'
import { newVersion } from '../format/version.ts'
import { type Job, type JobRow, jobPut, jobRow } from './job.ts'

/**
 * One partition that says where all jobs are. Its rows are overwritten but never deleted, so
 * reading it costs the same after any number of jobs:
 * - `h` and a shard (one byte): the shard's epochs as JSON
 * - `s` and an id: a standing job
 */
const PARTITION = Buffer.from('heads')
const HEAD = 'h'.charCodeAt(0)
const STANDING = 's'.charCodeAt(0)
const BUDGET = { rows: 1000, bytes: 4 * 1024 * 1024 }

/** The epochs of one shard. */
export interface Head {
  readonly sort: Buffer
  /** Hexadecimal names, the newest last, which takes new jobs. */
  readonly epochs: readonly string[]
  /** Null before the first epoch. */
  readonly version: Version | null
}

export interface Heads {
  readonly heads: readonly Head[]
  readonly standing: readonly JobRow[]
}

export async function readHeads(driver: StorageDriver, deadline: number): Promise<Heads> {
  const read = { level: 'strong', deadline } as const
  const slice = await driver.slice(JOB_HEADS_TABLE_ID, PARTITION, {}, 'forward', BUDGET, read)
  const standing = slice.rows.filter(({ sort }) => sort[0] === STANDING)
  return {
    heads: slice.rows.filter(({ sort }) => sort[0] === HEAD).map(headOf),
    standing: standing.map((row) => jobRow(JOB_HEADS_TABLE_ID, PARTITION, row)),
  }
}

export async function readHead(
  driver: StorageDriver,
  shard: number,
  deadline: number,
): Promise<Head> {
  const sort = Buffer.from([HEAD, shard])
  const read = { level: 'strong', deadline } as const
  const row = await driver.get(JOB_HEADS_TABLE_ID, PARTITION, sort, read)
  return row ? headOf(row) : { sort, epochs: [], version: null }
}

function headOf({ sort, value, version }: Row): Head {
  const { epochs } = JSON.parse(value.toString()) as Pick<Head, 'epochs'>
  return { sort, epochs, version }
}

/** `refused`: the head has changed since it was read. */
export async function replaceHead(
  driver: StorageDriver,
  { sort, version }: Head,
  epochs: readonly string[],
  deadline: number,
): Promise<CommitResult['outcome']> {
  const value = Buffer.from(JSON.stringify({ epochs }))
  const commit = {
    id: newVersion(),
    require: [{ sort, version }],
    put: [{ sort, value, size: value.length, expiresAt: 0 }],
    delete: [],
    reserve: 'deletions',
  } as const
  return (await driver.commit(JOB_HEADS_TABLE_ID, PARTITION, commit, deadline)).outcome
}

/** Keeps an existing job as it is. */
export async function addStanding(
  driver: StorageDriver,
  job: Job,
  deadline: number,
): Promise<void> {
  const sort = Buffer.concat([Buffer.from([STANDING]), Buffer.from(job.id)])
  const commit = {
    id: newVersion(),
    require: [{ sort, version: null }],
    put: [jobPut(sort, job)],
    delete: [],
    reserve: 'deletions',
  } as const
  // The next poll shows the outcome.
  await driver.commit(JOB_HEADS_TABLE_ID, PARTITION, commit, deadline)
}
