import { TableUses } from './commit-rules.ts'
import type {
  Commit,
  CommitResult,
  JournalRow,
  PageBudget,
  ReadOptions,
  Reserve,
  Row,
  ScanPage,
  ScanRequest,
  Slice,
  SortPage,
  SortRange,
  StorageDriver,
  TableId,
  Version,
} from './driver.ts'

/**
 * One request's view of the storage driver: counts what the request costs. `requests` are the calls
 * it made, `depth` the longest chain of them, each begun after another one's answer. What a driver
 * makes of a call, retries of its own included, is the driver's to bound.
 */
export class CountedStorage implements StorageDriver {
  readonly name: string
  readonly versionNow?: (table: TableId, partition: Buffer, sort: Buffer) => Version | null
  requests = 0
  depth = 0
  readonly #driver: StorageDriver
  readonly #uses = new TableUses()
  #answeredDepth = 0

  constructor(driver: StorageDriver) {
    this.#driver = driver
    this.name = driver.name
    if (driver.versionNow) this.versionNow = driver.versionNow.bind(driver)
  }

  open(): Promise<void> {
    return this.#driver.open()
  }

  close(): Promise<void> {
    return this.#driver.close()
  }

  get(table: TableId, partition: Buffer, sort: Buffer, read: ReadOptions): Promise<Row | null> {
    return this.#count(this.#driver.get(table, partition, sort, read))
  }

  getMany(
    table: TableId,
    partition: Buffer,
    sorts: readonly Buffer[],
    read: ReadOptions,
  ): Promise<readonly (Row | null)[]> {
    return this.#count(this.#driver.getMany(table, partition, sorts, read))
  }

  slice(
    table: TableId,
    partition: Buffer,
    range: SortRange,
    direction: 'forward' | 'backward',
    budget: PageBudget,
    read: ReadOptions,
  ): Promise<Slice> {
    return this.#count(this.#driver.slice(table, partition, range, direction, budget, read))
  }

  scan(table: TableId, request: ScanRequest, read: ReadOptions): Promise<ScanPage> {
    return this.#count(this.#driver.scan(table, request, read))
  }

  commit(
    table: TableId,
    partition: Buffer,
    commit: Commit,
    deadline: number,
  ): Promise<CommitResult> {
    this.#uses.check(table, 'committed')
    return this.#count(this.#driver.commit(table, partition, commit, deadline))
  }

  sorts(
    table: TableId,
    partition: Buffer,
    range: SortRange,
    rows: number,
    read: ReadOptions,
  ): Promise<SortPage> {
    return this.#count(this.#driver.sorts(table, partition, range, rows, read))
  }

  append(
    table: TableId,
    partition: Buffer,
    rows: readonly JournalRow[],
    deadline: number,
    reserve?: Reserve,
  ): Promise<void> {
    this.#uses.check(table, 'appended')
    return this.#count(this.#driver.append(table, partition, rows, deadline, reserve))
  }

  drop(table: TableId, partition: Buffer, through: bigint, deadline: number): Promise<void> {
    return this.#count(this.#driver.drop(table, partition, through, deadline))
  }

  purge(table: TableId, from: Buffer | null, deadline: number): Promise<Buffer | null> {
    return this.#count(this.#driver.purge(table, from, deadline))
  }

  /** The caller waits for the call itself: what is counted costs it no further promise. */
  #count<T>(call: Promise<T>): Promise<T> {
    const depth = this.#answeredDepth + 1
    this.requests++
    if (depth > this.depth) this.depth = depth
    const answered = (): void => {
      if (depth > this.#answeredDepth) this.#answeredDepth = depth
    }
    call.then(answered, answered)
    return call
  }
}
