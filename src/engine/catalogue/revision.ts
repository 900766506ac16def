import { createHash } from 'node:crypto'
import { type StorageDriver, StorageUnavailableError, type Version } from '../../storage/driver.ts'
import { CATALOGUE_REVISION_TABLE_ID } from '../format/system-tables.ts'
import { newVersion } from '../format/version.ts'
import { settledCommit } from '../items/settled-commit.ts'

/** The partition of the revisions: rows that are never deleted and of which only the versions
 * matter. */
const PARTITION = Buffer.from('catalogue')
const ALL = Buffer.from('all')
const SHARD_SORTS = Array.from({ length: 256 }, (_, shard) =>
  Buffer.from(`shard-${shard.toString(16).padStart(2, '0')}`),
)

/** The version of a row, null before its first move. */
export type Revision = Version | null

/** Divides the projects evenly among 256 shards. */
export function shardOf(projectId: string): number {
  return createHash('sha256').update(projectId).digest().readUInt8()
}

/** The revision that moves whenever any shard's does. */
export async function readRevision(driver: StorageDriver, deadline: number): Promise<Revision> {
  const read = { level: 'strong', deadline } as const
  return revisionOf(await driver.get(CATALOGUE_REVISION_TABLE_ID, PARTITION, ALL, read))
}

export async function readShardRevisions(
  driver: StorageDriver,
  deadline: number,
): Promise<readonly Revision[]> {
  const read = { level: 'strong', deadline } as const
  const rows = await driver.getMany(CATALOGUE_REVISION_TABLE_ID, PARTITION, SHARD_SORTS, read)
  return rows.map(revisionOf)
}

function revisionOf(row: { readonly version: Version } | null): Revision {
  return row?.version ?? null
}

export function isSameRevision(a: Revision, b: Revision): boolean {
  return a === b || (a !== null && b !== null && a.equals(b))
}

/** Makes every process read the project's definitions again. May be repeated if it rejects, when
 * the outcome is not certain. */
export async function moveRevision(
  driver: StorageDriver,
  projectId: string,
  deadline: number,
): Promise<void> {
  const sorts = [ALL, SHARD_SORTS[shardOf(projectId)] as Buffer]
  const commit = {
    id: newVersion(),
    require: sorts.map((sort) => ({ sort })),
    put: sorts.map((sort) => ({ sort, value: Buffer.alloc(0), size: 0, expiresAt: 0 })),
    delete: [],
  }
  const table = CATALOGUE_REVISION_TABLE_ID
  const { outcome } = await settledCommit(driver, table, PARTITION, commit, deadline)
  if (outcome !== 'applied') throw new StorageUnavailableError(`the revision's move was ${outcome}`)
}
