/** The reference driver: the storage interface in plain code. Data lives in this process only. */
import { strict as assert } from 'node:assert'
import { assertAppend, assertCommit, checkDeadline, requirementHolds } from '../commit-rules.ts'
import {
  APPENDED_VERSION,
  type Commit,
  type CommitResult,
  type CurrentRow,
  GET_MANY_ROWS_MAX,
  type JournalRow,
  type PageBudget,
  type ReadOptions,
  type Row,
  type ScannedRow,
  type ScanPage,
  type ScanRequest,
  type Slice,
  type SortPage,
  type SortRange,
  type StorageDriver,
  type TableId,
  type Version,
} from '../driver.ts'
import { Page } from '../page.ts'
import { partitionToken, segmentTokens, tokenBytes, tokenNumber } from '../token.ts'
import { copyOf, firstFrom, MemoryStore, rowsOfRange, type StoredRow } from './store.ts'

const PURGE_PARTITIONS_MAX = 1000
/** A purge deletes what it passes, so it can always continue at the start. */
const CONTINUE = Buffer.from([1])

export class MemoryDriver implements StorageDriver {
  readonly name = 'memory'
  readonly #store: MemoryStore

  /** Drivers with the same store act like processes sharing a database. */
  constructor(store: MemoryStore = new MemoryStore()) {
    this.#store = store
  }

  async open(): Promise<void> {}

  async close(): Promise<void> {}

  async get(
    table: TableId,
    partition: Buffer,
    sort: Buffer,
    read: ReadOptions,
  ): Promise<Row | null> {
    checkDeadline(read.deadline)
    return copyOf(this.#store.row(table, partition, sort))
  }

  async getMany(
    table: TableId,
    partition: Buffer,
    sorts: readonly Buffer[],
    read: ReadOptions,
  ): Promise<readonly (Row | null)[]> {
    assert(sorts.length <= GET_MANY_ROWS_MAX)
    checkDeadline(read.deadline)
    return sorts.map((sort) => copyOf(this.#store.row(table, partition, sort)))
  }

  async slice(
    table: TableId,
    partition: Buffer,
    range: SortRange,
    direction: 'forward' | 'backward',
    budget: PageBudget,
    read: ReadOptions,
  ): Promise<Slice> {
    checkDeadline(read.deadline)
    return cut(rowsOfRange(this.#store.rows(table, partition), range, direction), budget)
  }

  async scan(table: TableId, request: ScanRequest, read: ReadOptions): Promise<ScanPage> {
    checkDeadline(read.deadline)
    return cut(this.#scanned(table, request), request.budget)
  }

  *#scanned(table: TableId, request: ScanRequest): Generator<ScannedRow> {
    const { first, last } = segmentTokens(request.segment, request.totalSegments)
    const { after, range } = request
    const partitions = this.#store.partitions(table)
    let index = firstFrom(partitions, tokenBytes(first), Buffer.alloc(0))
    if (after !== undefined) {
      const token = partitionToken(table, after.partition)
      index = Math.max(index, firstFrom(partitions, token, after.partition))
    }
    for (const { token, partition, rows } of partitions.slice(index)) {
      if (tokenNumber(token) > last) return
      for (const row of rowsOfRange(rows, range, 'forward')) {
        const seen = after?.partition.equals(partition) && row.sort.compare(after.sort) <= 0
        if (!seen) {
          yield { ...row, partition: Buffer.from(partition) }
        }
      }
    }
  }

  async commit(
    table: TableId,
    partition: Buffer,
    commit: Commit,
    deadline: number,
  ): Promise<CommitResult> {
    assertCommit(partition, commit)
    checkDeadline(deadline)
    const { fence } = commit
    if (fence !== undefined) {
      const fenceVersion = this.versionNow(fence.table, fence.partition, fence.sort)
      if (fenceVersion === null || !fenceVersion.equals(fence.version)) {
        return { outcome: 'fenced' }
      }
    }
    const found = commit.require.map((requirement) => {
      const row = this.#store.row(table, partition, requirement.sort)
      const current: CurrentRow = {
        sort: requirement.sort,
        version: row?.version ?? null,
        lock: row?.lock ?? null,
      }
      return { current, holds: requirementHolds(requirement, current) }
    })
    if (found.some(({ holds }) => !holds)) {
      return { outcome: 'refused', current: found.map(({ current }) => current) }
    }
    this.#store.uses.check(table, 'committed')
    this.#apply(table, partition, commit)
    return { outcome: 'applied' }
  }

  #apply(table: TableId, partition: Buffer, commit: Commit): void {
    const store = this.#store
    store.order += 1n
    for (const row of commit.put) {
      const lock = store.row(table, partition, row.sort)?.lock ?? null
      this.#put(table, partition, { ...row, version: Buffer.from(commit.id), lock })
    }
    if (commit.delete.length > 0) store.delete(table, partition, commit.delete)
  }

  /** Copies the buffers, which the caller may change. */
  #put(table: TableId, partition: Buffer, row: Omit<StoredRow, 'order'>): void {
    const copies = { sort: Buffer.from(row.sort), value: Buffer.from(row.value) }
    this.#store.put(table, partition, { ...row, ...copies, order: this.#store.order })
  }

  async sorts(
    table: TableId,
    partition: Buffer,
    range: SortRange,
    rows: number,
    read: ReadOptions,
  ): Promise<SortPage> {
    const budget = { rows, bytes: Number.MAX_SAFE_INTEGER }
    const page = await this.slice(table, partition, range, 'forward', budget, read)
    return { sorts: page.rows.map(({ sort }) => sort), more: page.more }
  }

  async append(
    table: TableId,
    partition: Buffer,
    rows: readonly JournalRow[],
    deadline: number,
  ): Promise<void> {
    assertAppend(partition, rows)
    checkDeadline(deadline)
    const store = this.#store
    store.uses.check(table, 'appended')
    store.order += 1n
    for (const { sort, value } of rows) {
      const fixed = { version: APPENDED_VERSION, lock: null, expiresAt: 0 }
      this.#put(table, partition, { sort, value, size: value.length, ...fixed })
    }
  }

  async drop(table: TableId, partition: Buffer, through: bigint, deadline: number): Promise<void> {
    checkDeadline(deadline)
    const old = this.#store.rows(table, partition).filter(({ order }) => order <= through)
    const sorts = old.map(({ sort }) => sort)
    this.#store.delete(table, partition, sorts)
  }

  async purge(table: TableId, _from: Buffer | null, deadline: number): Promise<Buffer | null> {
    if (performance.now() >= deadline) return CONTINUE
    return this.#store.purge(table, PURGE_PARTITIONS_MAX) ? CONTINUE : null
  }

  versionNow(table: TableId, partition: Buffer, sort: Buffer): Version | null {
    return this.#store.row(table, partition, sort)?.version ?? null
  }
}

function cut<R extends Row>(
  rows: Iterable<R>,
  budget: PageBudget,
): { readonly rows: R[]; readonly more: boolean } {
  const page = new Page<R>(budget)
  const more = !page.take(rows)
  return { rows: page.rows, more }
}
