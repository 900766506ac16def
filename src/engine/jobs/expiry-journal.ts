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
 * Which items expire when: one row each, in a partition for a shard and a minute. It is written
 * before the item, so that no item is forgotten; a row whose item has gone, or lives longer by now,
 * says nothing. A minute's partition is read once it is closed, and then dropped whole. Part of the
 * stored format.
 */
export interface ExpiryEntry {
  readonly tableId: TableId
  readonly projectId: string
  readonly table: string
  readonly partition: Buffer
  readonly sort: Buffer
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

/** What one process journals. It has a shard to itself, so that rows that it appends at the same
 * time go to the engine together. */
export class ExpiryJournal {
  readonly #time: EngineTime
  readonly #firstShard = randomInt(EXPIRY_SHARDS)
  #rows = 0

  constructor(time: EngineTime) {
    this.#time = time
  }

  /**
   * Resolves when the entry is durable. When it rejects there may be one, which does no harm.
   *
   * @param expiresAt seconds since 1970. In the past, by the engine's time, it counts as now: an
   * earlier minute may have been swept.
   */
  async add(
    storage: StorageDriver,
    entry: ExpiryEntry,
    expiresAt: number,
    deadline: number,
  ): Promise<void> {
    // Known, it goes to the engine at once, beside the caller's read.
    const now = this.#time.known() ?? (await this.#time.now(deadline))
    const minute = Math.max(minuteOf(expiresAt * 1_000), minuteOf(now))
    const shard = this.#firstShard + Math.floor(this.#rows++ / SHARD_ROWS)
    const partition = expiryPartition(shard % EXPIRY_SHARDS, minute)
    await repeatedAppend(storage, EXPIRY_TABLE_ID, partition, [journalRow(entry)], deadline)
  }
}

/** Base64 but for the names. */
interface StoredEntry {
  readonly tableId: string
  readonly projectId: string
  readonly table: string
  readonly partition: string
  readonly sort: string
}

function journalRow(entry: ExpiryEntry): JournalRow {
  const { tableId, projectId, table, partition, sort } = entry
  const stored: StoredEntry = {
    tableId: tableId.toString('base64'),
    projectId,
    table,
    partition: partition.toString('base64'),
    sort: sort.toString('base64'),
  }
  return { sort: entrySort(entry), value: Buffer.from(JSON.stringify(stored)) }
}

/** An item's place, however long its keys are. */
function entrySort({ tableId, partition, sort }: ExpiryEntry): Buffer {
  const length = Buffer.alloc(2)
  length.writeUInt16BE(partition.length)
  return createHash('sha256').update(tableId).update(length).update(partition).update(sort).digest()
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

/** The next rows of one shard and minute, behind that sort. */
export function expirySlice(
  storage: StorageDriver,
  journal: Buffer,
  behind: Buffer | undefined,
  read: ReadOptions,
): Promise<Slice> {
  const range = behind ? { from: successor(behind) } : {}
  return storage.slice(EXPIRY_TABLE_ID, journal, range, 'forward', PAGE_BUDGET, read)
}

/** Journals rows in a later minute too, as they are: also what cannot be read. */
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

/** Deletes a journal's rows up to that order, at once. */
export function dropExpiries(
  storage: StorageDriver,
  journal: Buffer,
  through: bigint,
  deadline: number,
): Promise<void> {
  return storage.drop(EXPIRY_TABLE_ID, journal, through, deadline)
}
