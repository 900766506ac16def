/**
 * The embedded driver: one LMDB database on the local disk, shared by all processes of a machine.
 * Reads use shared memory. Writes are grouped into transactions; an acknowledged commit is on disk.
 * Layout: docs/adr/0003-lmdb-layout.md.
 */
import { strict as assert } from 'node:assert'
import { assertAppend, assertCommit, checkDeadline } from '../commit-rules.ts'
import {
  type Commit,
  type CommitResult,
  GET_MANY_ROWS_MAX,
  type JournalRow,
  type PageBudget,
  type ReadOptions,
  type Reserve,
  type Row,
  type ScanPage,
  type ScanRequest,
  type Slice,
  type SortPage,
  type SortRange,
  type StorageDriver,
  StorageUnavailableError,
  type TableId,
  type Version,
} from '../driver.ts'
import { diskRoomBytes, hasDataFile } from './data-file.ts'
import {
  closeEnvironment,
  type Environment,
  type LmdbOptions,
  openEnvironment,
  readBytes,
  readNow,
} from './environment.ts'
import { GroupCommit, OutcomeUnknownError } from './group-commit.ts'
import { KeyCache, partitionPrefix, rowKey } from './key.ts'
import { readScan, readSlice, readSorts } from './read.ts'
import { assertPartition, decodeRow, isRow } from './value.ts'
import { AppendWrite, CommitWrite, DropWrite, storedVersion } from './writes.ts'

/** A purge deletes what it passes, so it can always continue at the start. */
const CONTINUE = Buffer.from([1])

interface Opened {
  readonly environment: Environment
  readonly writes: GroupCommit
}

export class LmdbDriver implements StorageDriver {
  readonly name = 'lmdb'
  readonly #options: LmdbOptions
  #opened: Opened | undefined
  readonly #keys = new KeyCache()

  constructor(options: LmdbOptions) {
    this.#options = options
  }

  async isMade(): Promise<boolean> {
    return hasDataFile(this.#options.path)
  }

  async open(): Promise<void> {
    assert(this.#opened === undefined, 'the driver is open')
    const { path, mapSizeBytes } = this.#options
    const environment = await openEnvironment(this.#options)
    const writes = new GroupCommit(environment, mapSizeBytes, () => diskRoomBytes(path))
    this.#opened = { environment, writes }
  }

  /** Waits for commits under way. Later calls fail. */
  async close(): Promise<void> {
    const opened = this.#opened
    this.#opened = undefined
    if (opened !== undefined) {
      await opened.writes.idle()
      await closeEnvironment(this.#options)
    }
  }

  /** Frees the reader slots of dead processes, whose snapshots let the file grow. Returns how many
   * it freed. */
  readerCheck(): number {
    return this.#open().environment.readerCheck()
  }

  upkeep(): void {
    this.readerCheck()
  }

  async get(
    table: TableId,
    partition: Buffer,
    sort: Buffer,
    read: ReadOptions,
  ): Promise<Row | null> {
    checkDeadline(read.deadline)
    const { environment } = this.#open()
    return readNow(environment, () => readRow(environment, table, partition, sort))
  }

  async getMany(
    table: TableId,
    partition: Buffer,
    sorts: readonly Buffer[],
    read: ReadOptions,
  ): Promise<readonly (Row | null)[]> {
    assert(sorts.length <= GET_MANY_ROWS_MAX)
    checkDeadline(read.deadline)
    const { environment } = this.#open()
    return readNow(environment, () =>
      sorts.map((sort) => readRow(environment, table, partition, sort)),
    )
  }

  async slice(
    table: TableId,
    partition: Buffer,
    range: SortRange,
    direction: 'forward' | 'backward',
    budget: PageBudget,
    read: ReadOptions,
  ): Promise<Slice> {
    const request = { partition, range, direction, budget }
    return readSlice(this.#open().environment, table, request, read)
  }

  async scan(table: TableId, request: ScanRequest, read: ReadOptions): Promise<ScanPage> {
    return readScan(this.#open().environment, table, request, read)
  }

  async commit(
    table: TableId,
    partition: Buffer,
    commit: Commit,
    deadline: number,
  ): Promise<CommitResult> {
    assertCommit(partition, commit)
    checkDeadline(deadline)
    const { environment, writes } = this.#open()
    try {
      return await writes.submit(
        new CommitWrite(environment, { table, partition, keys: this.#keys }, commit, deadline),
      )
    } catch (error) {
      if (error instanceof OutcomeUnknownError) {
        return { outcome: 'unknown', underWay: false, cause: error }
      }
      throw error
    }
  }

  async sorts(
    table: TableId,
    partition: Buffer,
    range: SortRange,
    rows: number,
    read: ReadOptions,
  ): Promise<SortPage> {
    return readSorts(this.#open().environment, table, { partition, range, rows }, read.deadline)
  }

  async append(
    table: TableId,
    partition: Buffer,
    rows: readonly JournalRow[],
    deadline: number,
    reserve?: Reserve,
  ): Promise<void> {
    assertAppend(partition, rows)
    checkDeadline(deadline)
    const { environment, writes } = this.#open()
    const write = { rows, deadline, reserve }
    try {
      await writes.submit(new AppendWrite(environment, { table, partition }, write))
    } catch (error) {
      if (!(error instanceof OutcomeUnknownError)) throw error
      throw new StorageUnavailableError(error.message, { cause: error })
    }
  }

  async drop(table: TableId, partition: Buffer, through: bigint, deadline: number): Promise<void> {
    checkDeadline(deadline)
    const { environment, writes } = this.#open()
    const prefix = partitionPrefix(table, partition)
    let from: Buffer | null = prefix
    while (from) {
      from = await writes.submit(new DropWrite(environment, { prefix, from, through }, deadline))
    }
  }

  async purge(table: TableId, _from: Buffer | null, deadline: number): Promise<Buffer | null> {
    if (performance.now() >= deadline) return CONTINUE
    const { environment, writes } = this.#open()
    try {
      const all = { prefix: table, from: table }
      return (await writes.submit(new DropWrite(environment, all, deadline))) ? CONTINUE : null
    } catch (error) {
      if (performance.now() >= deadline) return CONTINUE
      throw error
    }
  }

  checkRoom(): Promise<void> {
    return this.#open().writes.checkRoom()
  }

  versionNow(table: TableId, partition: Buffer, sort: Buffer): Version | null {
    const { environment } = this.#open()
    const key = this.#keys.rowKey(table, partition, sort)
    return readNow(environment, () => storedVersion(environment, key))
  }

  #open(): Opened {
    if (this.#opened === undefined) {
      throw new StorageUnavailableError('the LMDB database is not open')
    }
    return this.#opened
  }
}

function readRow(
  environment: Environment,
  table: TableId,
  partition: Buffer,
  sort: Buffer,
): Row | null {
  const bytes = readBytes(environment, rowKey(table, partition, sort))
  if (bytes === undefined || !isRow(bytes)) return null
  assertPartition(bytes, partition)
  return decodeRow(bytes, sort)
}
