import { createHash } from 'node:crypto'
import {
  type PutRow,
  type ReadOptions,
  type Reserve,
  type Row,
  type StorageDriver,
  StorageUnavailableError,
  type TableId,
} from '../../storage/driver.ts'
import { successor } from '../format/key-codec.ts'
import { EXPIRY_TABLE_ID } from '../format/system-tables.ts'
import { newVersion } from '../format/version.ts'
import { repeatedCommit, settledCommit } from '../items/settled-commit.ts'

/**
 * Which items will expire when: one row for each, in a partition for its shard and the minute of
 * its expiry. It is written before the item, so that no item is forgotten; a row whose item has
 * gone, or lives longer by now, says nothing. Part of the stored format.
 */
export interface ExpiryEntry {
  readonly tableId: TableId
  readonly projectId: string
  readonly table: string
  readonly partition: Buffer
  readonly sort: Buffer
}

export const EXPIRY_SHARDS = 16
export const SLOT_SECONDS = 60

export function slotOf(seconds: number): number {
  return Math.floor(seconds / SLOT_SECONDS)
}

export function expiryPartition(shard: number, slot: number): Buffer {
  const partition = Buffer.alloc(5)
  partition[0] = shard
  partition.writeUInt32BE(slot, 1)
  return partition
}

/** An item's place, however long its keys are; its first byte is as good as random. */
function entrySort({ tableId, partition, sort }: ExpiryEntry): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(partition.length)
  return createHash('sha256').update(tableId).update(length).update(partition).update(sort).digest()
}

/** Base64 but for the names. */
interface StoredEntry {
  readonly tableId: string
  readonly projectId: string
  readonly table: string
  readonly partition: string
  readonly sort: string
}

/** `expiresAt`: seconds since 1970. */
export async function journalExpiry(
  storage: StorageDriver,
  entry: ExpiryEntry,
  expiresAt: number,
  deadline: number,
): Promise<void> {
  const { tableId, partition, sort: itemSort, projectId, table } = entry
  const stored: StoredEntry = {
    tableId: tableId.toString('base64'),
    projectId,
    table,
    partition: partition.toString('base64'),
    sort: itemSort.toString('base64'),
  }
  const value = Buffer.from(JSON.stringify(stored))
  const sort = entrySort(entry)
  const journal = expiryPartition((sort[0] ?? 0) % EXPIRY_SHARDS, slotOf(expiresAt))
  const rows = [{ sort, value, size: value.length, expiresAt }]
  await putRows(storage, journal, rows, deadline)
}

async function putRows(
  storage: StorageDriver,
  journal: Buffer,
  rows: readonly PutRow[],
  deadline: number,
  reserve?: Reserve,
): Promise<void> {
  const commit = {
    id: newVersion(),
    require: rows.map(({ sort }) => ({ sort })),
    put: rows.map(({ sort, value, size, expiresAt }) => ({ sort, value, size, expiresAt })),
    delete: [],
    ...(reserve && { reserve }),
  }
  // An entry says nothing by itself, so one too many does no harm.
  const result = await repeatedCommit(storage, EXPIRY_TABLE_ID, journal, commit, deadline)
  // Unknown is as good as not written: nothing has been promised yet.
  if (result.outcome !== 'applied') throw new StorageUnavailableError('expiry not journalled')
}

export function expiryEntryOf({ value }: Row): ExpiryEntry {
  const { tableId, projectId, table, partition, sort } = JSON.parse(value.toString()) as StoredEntry
  return {
    tableId: Buffer.from(tableId, 'base64'),
    projectId,
    table,
    partition: Buffer.from(partition, 'base64'),
    sort: Buffer.from(sort, 'base64'),
  }
}

const PAGE_BUDGET = { rows: 100, bytes: 1024 * 1024 }

/** The first rows of one shard and minute behind that sort: of those before it that were forgotten
 * traces are left on some engines, which cost time to pass. */
export function expirySlice(
  storage: StorageDriver,
  journal: Buffer,
  behind: Buffer | undefined,
  read: ReadOptions,
) {
  const range = behind ? { from: successor(behind) } : {}
  return storage.slice(EXPIRY_TABLE_ID, journal, range, 'forward', PAGE_BUDGET, read)
}

/** Journals them in a later minute too, as they are: also what cannot be read. */
export function postponeExpiries(
  storage: StorageDriver,
  journal: Buffer,
  rows: readonly Row[],
  slot: number,
  deadline: number,
): Promise<void> {
  return putRows(storage, expiryPartition(journal[0] ?? 0, slot), rows, deadline, 'jobs')
}

/** Once their items are dealt with. False, and all are left, when one was journalled anew. */
export async function forgetExpiries(
  storage: StorageDriver,
  journal: Buffer,
  rows: readonly Row[],
  deadline: number,
): Promise<boolean> {
  const commit = {
    id: newVersion(),
    require: rows.map(({ sort, version }) => ({ sort, version })),
    put: [],
    delete: rows.map(({ sort }) => sort),
  }
  const result = await settledCommit(storage, EXPIRY_TABLE_ID, journal, commit, deadline)
  return result.outcome === 'applied'
}
