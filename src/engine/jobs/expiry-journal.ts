import {
  type ReadOptions,
  type Row,
  type StorageDriver,
  StorageUnavailableError,
  type TableId,
} from '../../storage/driver.ts'
import { EXPIRY_TABLE_ID } from '../system-tables.ts'
import { newVersion } from '../version.ts'

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
  /** Seconds since 1970. */
  readonly expiresAt: number
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

/** Spreads one minute's expiries: the partition's bytes summed, which needs to be even only. */
function shardOf(partition: Buffer): number {
  let sum = 0
  for (const byte of partition) sum += byte
  return sum % EXPIRY_SHARDS
}

interface StoredEntry {
  readonly projectId: string
  readonly table: string
}

export async function journalExpiry(
  storage: StorageDriver,
  entry: ExpiryEntry,
  deadline: number,
): Promise<void> {
  const { tableId, partition, projectId, table, expiresAt } = entry
  const length = Buffer.alloc(2)
  length.writeUInt16BE(partition.length)
  const sort = Buffer.concat([tableId, length, partition, entry.sort])
  const stored: StoredEntry = { projectId, table }
  const value = Buffer.from(JSON.stringify(stored))
  const commit = {
    id: newVersion(),
    require: [{ sort }],
    put: [{ sort, value, size: value.length, expiresAt }],
    delete: [],
  }
  const journal = expiryPartition(shardOf(partition), slotOf(expiresAt))
  const result = await storage.commit(EXPIRY_TABLE_ID, journal, commit, deadline)
  // Unknown is as good as not written: nothing has been promised yet.
  if (result.outcome !== 'applied') throw new StorageUnavailableError('expiry not journalled')
}

const TABLE_ID_BYTES = 16
const LENGTH_BYTES = 2

export function expiryEntryOf(row: Row): ExpiryEntry {
  const { sort, value, expiresAt } = row
  const { projectId, table } = JSON.parse(value.toString()) as StoredEntry
  const partitionAt = TABLE_ID_BYTES + LENGTH_BYTES
  const partitionEnd = partitionAt + sort.readUInt16BE(TABLE_ID_BYTES)
  return {
    tableId: sort.subarray(0, TABLE_ID_BYTES),
    projectId,
    table,
    partition: sort.subarray(partitionAt, partitionEnd),
    sort: sort.subarray(partitionEnd),
    expiresAt,
  }
}

const PAGE_BUDGET = { rows: 100, bytes: 1024 * 1024 }

/** Rows of one shard and minute behind `after`. */
export function expirySlice(
  storage: StorageDriver,
  journal: Buffer,
  after: Buffer | undefined,
  read: ReadOptions,
) {
  const from = after && Buffer.concat([after, Buffer.of(0)])
  const range = from ? { from } : {}
  return storage.slice(EXPIRY_TABLE_ID, journal, range, 'forward', PAGE_BUDGET, read)
}

/** Once its item is dealt with. One that was journalled anew meanwhile is left. */
export async function forgetExpiry(
  storage: StorageDriver,
  journal: Buffer,
  { sort, version }: Row,
  deadline: number,
): Promise<void> {
  const commit = { id: newVersion(), require: [{ sort, version }], put: [], delete: [sort] }
  await storage.commit(EXPIRY_TABLE_ID, journal, commit, deadline)
}
