import type { StorageDriver } from '../../storage/driver.ts'
import { DATABASE_TABLE_ID, FIRST_FORMAT_JOBS_TABLE_ID } from './system-tables.ts'
import { newVersion } from './version.ts'

/** Format 1 had no row with its number, and one standing job that every process added. */
const FORMAT = '2'
const PARTITION = Buffer.from('database')
const SORT = Buffer.from('format')
const FIRST_FORMAT_JOB = { partition: Buffer.from('jobs'), sort: Buffer.from('expire_items') }

/**
 * Stores the format of a new database before anything else is written.
 *
 * @throws Error with one line if this version cannot use the database
 */
export async function claimFormat(driver: StorageDriver, deadline: number): Promise<void> {
  const put = [{ sort: SORT, value: Buffer.from(FORMAT), size: FORMAT.length, expiresAt: 0 }]
  for (;;) {
    const format = await storedFormat(driver, deadline)
    const problem = problemOf(format)
    if (problem !== undefined) throw new Error(problem)
    if (format !== undefined) return
    // Whatever the outcome, the next read decides: all processes put the same row.
    const commit = { id: newVersion(), require: [{ sort: SORT, version: null }], put, delete: [] }
    await driver.commit(DATABASE_TABLE_ID, PARTITION, commit, deadline)
  }
}

/** Why this version cannot use the database; undefined if it can. Changes nothing. */
export async function formatProblem(
  driver: StorageDriver,
  deadline: number,
): Promise<string | undefined> {
  return problemOf(await storedFormat(driver, deadline))
}

/** Undefined for a new database. */
async function storedFormat(driver: StorageDriver, deadline: number): Promise<string | undefined> {
  const read = { level: 'strong', deadline } as const
  // In this order, since processes of this version store the format before their jobs.
  const { partition, sort } = FIRST_FORMAT_JOB
  const job = await driver.get(FIRST_FORMAT_JOBS_TABLE_ID, partition, sort, read)
  const row = await driver.get(DATABASE_TABLE_ID, PARTITION, SORT, read)
  return row ? row.value.toString() : job ? '1' : undefined
}

function problemOf(format: string | undefined): string | undefined {
  if (format === undefined || format === FORMAT) return undefined
  return format === '1'
    ? 'this database was written by an earlier version (format 1); it cannot be upgraded'
    : `this database was written by a later version (format ${format}); this one cannot use it`
}
