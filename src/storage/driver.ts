/**
 * The storage interface: a partitioned, ordered row store.
 *
 * A driver knows nothing of items, indexes or tenants; the engine above builds them on this
 * interface. A new driver implements `StorageDriver` and passes `test/storage/contract.ts`.
 * Background: docs/adr/0001-storage-interface.md.
 */

/** A table's UUID, 16 bytes. Never reused, not even after the table is deleted. */
export type TableId = Buffer

/** 16 random bytes of one commit attempt, stored on every row that it put. Compared for equality
 * only. */
export type Version = Buffer

/**
 * `eventual`: any replica. `strong`: sees every acknowledged commit. `serial`: also completes or
 * discards commits of unknown outcome, so the answer is final unless a commit is still under way.
 */
export type ReadLevel = 'eventual' | 'strong' | 'serial'

export interface ReadOptions {
  readonly level: ReadLevel
  /** A time of `performance.now()`, after which the read fails with `StorageUnavailableError`. */
  readonly deadline: number
  /** Embedded drivers await it between the parts of a long read, so that other requests can run.
   * The default waits for one turn of the event loop. */
  readonly giveWay?: () => Promise<void>
}

export interface Row {
  /** 1 to `SORT_BYTES_MAX` bytes, compared as unsigned bytes. */
  readonly sort: Buffer
  readonly value: Buffer
  /** Bytes that page budgets count: an item's size by DynamoDB's rule, but at least an eighth of
   * the value's length (docs/adr/0002-formats.md). */
  readonly size: number
  readonly version: Version
  /** Set by a transaction that is prepared on the row, else null. */
  readonly lock: Buffer | null
  /** Grows with every write of the row. Set by the storage, never from a process's clock. Rows
   * written together have the same order. If the driver has `engineTime`, the order of an appended
   * row is its time of writing, in microseconds since 1970. */
  readonly order: bigint
  /** Seconds since 1970; 0: never. Drivers neither hide nor delete expired rows. */
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

/** A page ends after `rows` rows, or after the row that brings the sum of sizes to `bytes` or more.
 * So it holds at least one row if any matches. */
export interface PageBudget {
  readonly rows: number
  readonly bytes: number
}

export interface Slice {
  readonly rows: readonly Row[]
  /** False: no rows follow in this direction. True: some may. */
  readonly more: boolean
  /** Set if the page ended early because of many tombstones: continue after this sort. `more` is
   * then true. */
  readonly reached?: Buffer
}

export interface SortPage {
  readonly sorts: readonly Buffer[]
  readonly more: boolean
  readonly reached?: Buffer
}

export interface ScanPosition {
  readonly partition: Buffer
  readonly sort: Buffer
}

export interface ScanRequest {
  /** From 0 to below `totalSegments`. Segments divide the ring of partition tokens evenly. */
  readonly segment: number
  readonly totalSegments: number
  /** Start after this position, which need not exist. Absent: the segment's start. A position
   * outside the segment is placed by its token like any other. */
  readonly after?: ScanPosition
  /** Only rows whose sort is in this range, in every partition. */
  readonly range: SortRange
  readonly budget: PageBudget
}

export interface ScanPage {
  /** Ordered by partition token (`storage/token.ts`), then partition, then sort. Drivers differ
   * only in the order of partitions with equal tokens. */
  readonly rows: readonly ScannedRow[]
  readonly more: boolean
  /** As in `Slice`: continue after this position. */
  readonly reached?: ScanPosition
}

/** A row that a commit depends on. The commit is refused if the row is locked. */
export interface Requirement {
  readonly sort: Buffer
  /** A version: the row exists in this version. `null`: the row does not exist. Absent: either. */
  readonly version?: Version | null
}

/** A row of a journal: written once, never changed. */
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

/** A row of another partition that must still have this version: ties a commit to the table
 * definition that it was made from. */
export interface Fence {
  readonly table: TableId
  readonly partition: Buffer
  readonly sort: Buffer
  readonly version: Version
}

export interface Commit {
  /** 16 fresh random bytes; the version of every row put. Reused only to repeat this same commit
   * after an unknown outcome. */
  readonly id: Version
  /** At least one. A row that is neither put nor deleted is required by an exact version and must
   * never expire. */
  readonly require: readonly Requirement[]
  /** A row that is put without being required keeps its lock. */
  readonly put: readonly PutRow[]
  readonly delete: readonly Buffer[]
  /** Checked in the commit's transaction by embedded drivers, ignored by others. */
  readonly fence?: Fence
  readonly reserve?: Reserve
}

/** Space that a storage of limited size keeps for puts that lead to deletions. `deletions` is for
 * requests to delete. `jobs` is the last part, for the jobs that carry them out. Other drivers
 * ignore it. */
export type Reserve = 'deletions' | 'jobs'

/** The state of a required row. `version` null: no such row, though its place may be locked. */
export interface CurrentRow {
  readonly sort: Buffer
  readonly version: Version | null
  readonly lock: Buffer | null
}

/**
 * `applied`: written, and visible to every later strong read. `refused`: nothing is written, and
 * nothing will be; `current` has the state of every required row. `fenced`: nothing is written
 * because the fence has another version. `unknown`: written now, later or never. While it is
 * `underWay` the storage may still apply it to the rows as they are then; otherwise a serial read
 * settles it.
 */
export type CommitResult =
  | { readonly outcome: 'applied' }
  | { readonly outcome: 'refused'; readonly current: readonly CurrentRow[] }
  | { readonly outcome: 'fenced' }
  | { readonly outcome: 'unknown'; readonly underWay: boolean; readonly cause: unknown }

export interface StorageDriver {
  readonly name: string

  /** Creates or checks the storage. Safe in several processes at once. */
  open(): Promise<void>
  /** Whether the storage exists. Called before `open`. Absent if the driver stores nothing
   * durably. */
  isMade?(): Promise<boolean>
  close(): Promise<void>

  get(table: TableId, partition: Buffer, sort: Buffer, read: ReadOptions): Promise<Row | null>

  /** Rows in the order of `sorts`, null for a missing one. At most `GET_MANY_ROWS_MAX` sorts. */
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

  /** Atomic within the partition. A failure has the outcome `unknown`, or throws
   * `StorageUnavailableError` if certainly nothing was written. */
  commit(table: TableId, partition: Buffer, commit: Commit, deadline: number): Promise<CommitResult>

  /** The keys of a slice's rows, forward, without reading values. */
  sorts(
    table: TableId,
    partition: Buffer,
    range: SortRange,
    rows: number,
    read: ReadOptions,
  ): Promise<SortPage>

  /**
   * Writes rows of a journal unconditionally; at most `APPEND_ROWS_MAX`. Once resolved, every later
   * strong read sees them. If it rejects they are written now, later or never; repeating it is
   * safe. A table is either appended to or committed to.
   */
  append(
    table: TableId,
    partition: Buffer,
    rows: readonly JournalRow[],
    deadline: number,
    reserve?: Reserve,
  ): Promise<void>

  /**
   * Deletes a partition's rows whose order is at most `through`, without leaving tombstones that
   * later reads have to pass. For journals, and for partitions to which no commit can apply any
   * more. Rows appended later stay. Idempotent.
   */
  drop(table: TableId, partition: Buffer, through: bigint, deadline: number): Promise<void>

  /** Deletes as much of an unused table as it can before the deadline, from a position on, or from
   * the start if it is null. Returns the next position, or null at the end. Positions are opaque,
   * durable, and valid in every process. Never rejects only because the deadline passed. */
  purge(table: TableId, from: Buffer | null, deadline: number): Promise<Buffer | null>

  /** The storage's clock, in milliseconds since 1970. Absent if it is this machine's clock. */
  engineTime?(deadline: number): Promise<number>

  /** Embedded drivers only: the row's version from shared memory, null if there is no such row.
   * Takes about a microsecond. */
  versionNow?(table: TableId, partition: Buffer, sort: Buffer): Version | null

  /** Embedded drivers only: rejects with `StorageUnavailableError` if there is no room for puts. */
  checkRoom?(): Promise<void>

  /** Maintenance that one process per machine runs at its start, after the death of a process that
   * used the storage, and periodically. */
  upkeep?(): void
}

/** Nothing was done: the storage is unreachable, overloaded, full, or too slow for the deadline. */
export class StorageUnavailableError extends Error {
  override readonly name = 'StorageUnavailableError'
}

/** Bytes of one commit as `commitBytes` counts them. Enough for the largest item with its entries
 * in five indexes, and below the 16 MiB that Cassandra allows for a request and a mutation. */
export const COMMIT_BYTES_MAX = 15.5 * 1024 * 1024
/** Bytes of a hash key, as in DynamoDB. */
export const PARTITION_BYTES_MAX = 2048
/** Bytes of the longest sort, a local index entry: kind, index number, two range keys of 1,024
 * bytes (escaping may double the first) and terminator. */
export const SORT_BYTES_MAX = 1 + 1 + (2 * 1024 + 2) + 1024
/** Bytes of the longest value: an item's JSON with its header. */
export const VALUE_BYTES_MAX = 2.5 * 1024 * 1024 + 16
export const GET_MANY_ROWS_MAX = 1000
export const APPEND_ROWS_MAX = 1000
/** The version of every appended row. */
export const APPENDED_VERSION: Version = Buffer.alloc(16)
