import { createHash, randomInt } from 'node:crypto'
import type {
  JournalRow,
  ReadOptions,
  Row,
  Slice,
  StorageDriver,
  TableId,
} from '../../storage/driver.ts'
import type { EngineTime } from '../engine-time.ts'
import { successor } from '../format/key-codec.ts'
import { EXPIRY_TABLE_ID } from '../format/system-tables.ts'
import { repeatedAppend } from '../items/settled-commit.ts'

/**
 * A row of the journal of expiring items, in a partition per shard and minute. It is written before
 * its item, so that no item is missed; a row whose item is gone or expires later is ignored. A
 * minute's partition is read once the minute is over, and then dropped. Part of the stored format.
 */
export interface ExpiryEntry {
  readonly tableId: TableId
  readonly projectId: string
  readonly table: string
  readonly partition: Buffer
  readonly sort: Buffer
  /** The expiry attribute's value was not known when this was written. The sweep reads it, and
   * journals the expiry that it finds. */
  readonly unforeseen?: true
}

export const EXPIRY_SHARDS = 64
/** Rows that a process appends to one shard before it takes the next. */
const SHARD_ROWS = 4_096
const PAGE_BUDGET = { rows: 500, bytes: 1024 * 1024 }

export function minuteOf(milliseconds: number): number {
  return Math.floor(milliseconds / 60_000)
}

export function expiryPartition(shard: number, minute: number): Buffer {
  const partition = Buffer.alloc(5)
  partition[0] = shard
  partition.writeUInt32BE(minute, 1)
  return partition
}

/** Journals for one process, in a shard of its own, so that concurrent rows share a batch. */
export class ExpiryJournal {
  readonly #time: EngineTime
  readonly #firstShard = randomInt(EXPIRY_SHARDS)
  #rows = 0

  constructor(time: EngineTime) {
    this.#time = time
  }

  /**
   * Resolves when the entry is durable. If it rejects the entry may exist, which is harmless.
   *
   * @param expiresAt seconds since 1970. A past time, by the storage's clock, counts as now, since
   * earlier minutes may have been swept.
   */
  async add(
    storage: StorageDriver,
    entry: ExpiryEntry,
    expiresAt: number,
    deadline: number,
  ): Promise<void> {
    // If the time is known, this is sent at once, in parallel with the caller's read.
    const now = this.#time.known() ?? (await this.#time.now(deadline))
    const minute = Math.max(minuteOf(expiresAt * 1_000), minuteOf(now))
    const shard = this.#firstShard + Math.floor(this.#rows++ / SHARD_ROWS)
    const partition = expiryPartition(shard % EXPIRY_SHARDS, minute)
    await repeatedAppend(storage, EXPIRY_TABLE_ID, partition, [journalRow(entry)], deadline)
  }
}

/** In base64, except names. */
interface StoredEntry {
  readonly tableId: string
  readonly projectId: string
  readonly table: string
  readonly partition: string
  readonly sort: string
  readonly unforeseen?: true
}

function journalRow(entry: ExpiryEntry): JournalRow {
  const { tableId, projectId, table, partition, sort, unforeseen } = entry
  const stored: StoredEntry = {
    tableId: tableId.toString('base64'),
    projectId,
    table,
    partition: partition.toString('base64'),
    sort: sort.toString('base64'),
    ...(unforeseen && { unforeseen }),
  }
  return { sort: entrySort(entry), value: Buffer.from(JSON.stringify(stored)) }
}

/** A hash of the item's place, because keys may be long. An unforeseen expiry has another hash, so
 * that no other entry of the item overwrites it. */
function entrySort({ tableId, partition, sort, unforeseen }: ExpiryEntry): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(partition.length)
  const hash = createHash('sha256').update(tableId).update(length).update(partition).update(sort)
  return (unforeseen ? hash.update('unforeseen') : hash).digest()
}

export function expiryEntryOf({ value }: Row): ExpiryEntry {
  const { tableId, partition, sort, ...others } = JSON.parse(value.toString()) as StoredEntry
  return {
    ...others,
    tableId: Buffer.from(tableId, 'base64'),
    partition: Buffer.from(partition, 'base64'),
    sort: Buffer.from(sort, 'base64'),
  }
}

/** The next rows of one shard and minute, after a sort. */
export function expirySlice(
  storage: StorageDriver,
  journal: Buffer,
  behind: Buffer | undefined,
  read: ReadOptions,
): Promise<Slice> {
  const range = behind ? { from: successor(behind) } : {}
  return storage.slice(EXPIRY_TABLE_ID, journal, range, 'forward', PAGE_BUDGET, read)
}

/** Copies rows, even unreadable ones, to a later minute. */
export function postponeExpiries(
  storage: StorageDriver,
  journal: Buffer,
  rows: readonly Row[],
  minute: number,
  deadline: number,
): Promise<void> {
  const later = expiryPartition(journal[0] ?? 0, minute)
  const copies = rows.map(({ sort, value }) => ({ sort, value }))
  return repeatedAppend(storage, EXPIRY_TABLE_ID, later, copies, deadline, 'jobs')
}

/** Deletes a journal's rows up to an order. */
export function dropExpiries(
  storage: StorageDriver,
  journal: Buffer,
  through: bigint,
  deadline: number,
): Promise<void> {
  return storage.drop(EXPIRY_TABLE_ID, journal, through, deadline)
}
