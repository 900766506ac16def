/**
 * The storage interface: a partitioned, ordered row store.
 *
 * A driver knows nothing of items, indexes or tenants. Everything that makes MagnetoDB correct is
 * built once, above this file. A new engine implements `StorageDriver` and passes
 * `test/storage/contract.ts`. Background: docs/adr/0001-storage-interface.md.
 */

/** 16 bytes of a logical table's UUID. Never reused, also not after the table is deleted. */
export type TableId = Buffer

/**
 * 16 random bytes of one commit attempt, carried by every row that the commit put. Compared for
 * equality only.
 */
export type Version = Buffer

/** `eventual`: any replica. `strong`: sees every acknowledged commit. `serial`: also settles any
 * commit whose outcome is still unknown, so that the answer will not change by itself unless one is
 * under way. */
export type ReadLevel = 'eventual' | 'strong' | 'serial'

export interface ReadOptions {
  readonly level: ReadLevel
  /** Milliseconds on the clock of `performance.now()`; past it the read fails with a
   * `StorageUnavailableError`. */
  readonly deadline: number
  /** Called between the parts of a long read in an embedded engine, to let other work be done.
   * Unset, each part has a turn of the event loop. */
  readonly giveWay?: () => Promise<void>
}

export interface Row {
  /** 1 to `SORT_BYTES_MAX` bytes, compared as unsigned bytes. */
  readonly sort: Buffer
  readonly value: Buffer
  /** The size that pages are cut by, in bytes: an item's size by DynamoDB's rule, or somewhat more
   * (docs/adr/0002-formats.md): an eighth of the value's length at least. */
  readonly size: number
  readonly version: Version
  /** Null unless a transaction is prepared on the row. */
  readonly lock: Buffer | null
  /** Grows from one write of this row to the next, by the engine and never by a process's clock.
   * Commits that an engine carries out together share one; of an appended row it is the engine's
   * time of writing, in microseconds since 1970 where the engine has an `engineTime`. */
  readonly order: bigint
  /** Seconds since 1970; 0 = never. Data to the driver: it hides and deletes nothing. */
  readonly expiresAt: number
}

export interface ScannedRow extends Row {
  readonly partition: Buffer
}

/** Rows with `from <= sort < to`; an absent bound is open. */
export interface SortRange {
  readonly from?: Buffer
  readonly to?: Buffer
}

/** A page ends at whichever comes first: `rows` rows, or the row whose `size` brings the sum to
 * `bytes` or more. That row is included, so a page holds at least one row if any matches. */
export interface PageBudget {
  readonly rows: number
  readonly bytes: number
}

export interface Slice {
  readonly rows: readonly Row[]
  /** Whether rows may follow in this direction. False is certain; true after a full page may
   * turn out to be empty. */
  readonly more: boolean
  /** The page ended before it was full, since there was so much to pass that is deleted: go on
   * behind this sort in the slice's direction. `more` is true. */
  readonly reached?: Buffer
}

export interface SortPage {
  readonly sorts: readonly Buffer[]
  /** As in a slice. */
  readonly more: boolean
  readonly reached?: Buffer
}

export interface ScanPosition {
  readonly partition: Buffer
  readonly sort: Buffer
}

export interface ScanRequest {
  /** 0 <= segment < totalSegments. The segments divide the ring of partition tokens evenly. */
  readonly segment: number
  readonly totalSegments: number
  /** Start behind this position (it need not exist); absent: from the segment's beginning. A
   * position outside the segment is placed by its token, as any other. */
  readonly after?: ScanPosition
  /** Only rows whose sort lies in this range, in every partition. */
  readonly range: SortRange
  readonly budget: PageBudget
}

export interface ScanPage {
  /** Ordered by partition token (`storage/token.ts`), then partition, then sort: the same on
   * every driver, but for partitions of one token, whose order is the driver's own. */
  readonly rows: readonly ScannedRow[]
  readonly more: boolean
  /** As in a slice: go on behind this position, at which there need be no row. */
  readonly reached?: ScanPosition
}

/** One row that a commit depends on. Its lock must be null, whatever `version` says. */
export interface Requirement {
  readonly sort: Buffer
  /** A version: the row exists with exactly this one. `null`: no such row, though its place may be
   * locked. Absent: either. */
  readonly version?: Version | null
}

/** A row of a journal, which is written once and never changed. */
export interface JournalRow {
  readonly sort: Buffer
  readonly value: Buffer
}

export interface PutRow {
  readonly sort: Buffer
  readonly value: Buffer
  readonly size: number
  readonly expiresAt: number
}

/** A row elsewhere that must still be as it was read: how a commit is tied to the table
 * definition by which it was made. */
export interface Fence {
  readonly table: TableId
  readonly partition: Buffer
  readonly sort: Buffer
  readonly version: Version
}

export interface Commit {
  /** Becomes the version of every row put. 16 fresh random bytes; the same again only to repeat
   * this very commit after an unknown outcome. */
  readonly id: Version
  /** At least one. A row that the commit neither puts nor deletes may be required as well, by an
   * exact version and if it never expires; it stays as it is. */
  readonly require: readonly Requirement[]
  /** A row that is put without being required keeps its lock, if it has one. */
  readonly put: readonly PutRow[]
  readonly delete: readonly Buffer[]
  /** Checked in the commit's own transaction by an embedded engine, ignored by others. */
  readonly fence?: Fence
  readonly reserve?: Reserve
}

/**
 * What an engine of limited size keeps for the puts that lead to deletions, so that it can be
 * relieved when no other put finds room: `deletions` for what asks for one, and `jobs`, the last of
 * it, for what carries it out. Others ignore it.
 */
export type Reserve = 'deletions' | 'jobs'

/** A required row as the driver found it. `version` null: no such row, but maybe a lock on its
 * place, which no read shows. */
export interface CurrentRow {
  readonly sort: Buffer
  readonly version: Version | null
  readonly lock: Buffer | null
}

/**
 * `applied`: all is written and will be seen by every later strong read. `refused`: nothing is
 * written and never will be by this call; `current` shows every required row. `fenced`: nothing
 * is written, the fence has moved. `unknown`: written now, later or never (never reported for a
 * refusal that is certain). While it is `underWay` the engine may still begin it, at any later time
 * and with the rows as they are then; else nothing is left of it but what a serial read settles.
 */
export type CommitResult =
  | { readonly outcome: 'applied' }
  | { readonly outcome: 'refused'; readonly current: readonly CurrentRow[] }
  | { readonly outcome: 'fenced' }
  | { readonly outcome: 'unknown'; readonly underWay: boolean; readonly cause: unknown }

export interface StorageDriver {
  readonly name: string

  /** Creates or checks what the engine needs; safe when several processes do it at once. */
  open(): Promise<void>
  /** Before `open`: whether that would find its storage made. Absent where nothing lasts. */
  isMade?(): Promise<boolean>
  close(): Promise<void>

  get(table: TableId, partition: Buffer, sort: Buffer, read: ReadOptions): Promise<Row | null>

  /** In the order of `sorts`, null where there is no row. At most `GET_MANY_ROWS_MAX` sorts. */
  getMany(
    table: TableId,
    partition: Buffer,
    sorts: readonly Buffer[],
    read: ReadOptions,
  ): Promise<readonly (Row | null)[]>

  slice(
    table: TableId,
    partition: Buffer,
    range: SortRange,
    direction: 'forward' | 'backward',
    budget: PageBudget,
    read: ReadOptions,
  ): Promise<Slice>

  scan(table: TableId, request: ScanRequest, read: ReadOptions): Promise<ScanPage>

  /** Atomic within the partition: every requirement holds and all is written, or nothing is.
   * Never throws for trouble on the way: that is `unknown`, or `StorageUnavailableError` when it
   * is certain that nothing was written. */
  commit(table: TableId, partition: Buffer, commit: Commit, deadline: number): Promise<CommitResult>

  /** The keys of a slice's rows, forward: no value is read. */
  sorts(
    table: TableId,
    partition: Buffer,
    range: SortRange,
    rows: number,
    read: ReadOptions,
  ): Promise<SortPage>

  /**
   * Writes rows of a journal without any condition; at most `APPEND_ROWS_MAX`. Once it has resolved
   * every later strong read sees them. When it rejects they are written now, later or never; the
   * same again does no harm. A table is appended to or committed to, never both.
   */
  append(
    table: TableId,
    partition: Buffer,
    rows: readonly JournalRow[],
    deadline: number,
    reserve?: Reserve,
  ): Promise<void>

  /**
   * Deletes a partition's rows whose order is at most `through`, and leaves nothing that a later
   * read has to pass. Of a journal, or of a partition in which no commit can apply any more. What
   * is appended later stays. Idempotent.
   */
  drop(table: TableId, partition: Buffer, through: bigint, deadline: number): Promise<void>

  /**
   * Deletes a part of a table that nobody uses any more, as much as there is time for, from a
   * position on: null is the beginning. Returns where to go on, null at the end. A position is the
   * driver's own, means the same to every process, and may be kept. Never rejects for being late.
   */
  purge(table: TableId, from: Buffer | null, deadline: number): Promise<Buffer | null>

  /** The engine's time in milliseconds since 1970. Absent where it has none but this machine's. */
  engineTime?(deadline: number): Promise<number>

  /** Embedded engines only: the row's version straight from shared memory, null if there is no
   * such row. Synchronous and about a microsecond, so it is no round trip. */
  versionNow?(table: TableId, partition: Buffer, sort: Buffer): Version | null

  /** Embedded engines only: rejects with a StorageUnavailableError when puts find no room. */
  checkRoom?(): Promise<void>

  /** What one process of a machine does for all that use the storage there: at the start, after
   * the death of one of them, and now and then. */
  upkeep?(): void
}

/** Nothing was done: the engine cannot be reached, is overloaded, full, or too slow for the
 * deadline. */
export class StorageUnavailableError extends Error {
  override readonly name = 'StorageUnavailableError'
}

/** Of one commit, as `commitBytes` counts (storage/commit-rules.ts): the largest item with its
 * entries in five indexes, and less than the 16 MiB that Cassandra takes as a request and as a
 * mutation. */
export const COMMIT_BYTES_MAX = 15.5 * 1024 * 1024
/** 2,048 bytes of a hash key as DynamoDB allows. */
export const PARTITION_BYTES_MAX = 2048
/** The longest sort: a local index entry, two range keys of 1,024 bytes of which the first may
 * double when escaped, kind, index number and terminator. */
export const SORT_BYTES_MAX = 1 + 1 + (2 * 1024 + 2) + 1024
/** The longest value: an item's JSON with its header. */
export const VALUE_BYTES_MAX = 2.5 * 1024 * 1024 + 16
export const GET_MANY_ROWS_MAX = 1000
export const APPEND_ROWS_MAX = 1000
/** The version of every appended row. */
export const APPENDED_VERSION: Version = Buffer.alloc(16)
