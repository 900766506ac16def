/** Rules of commits and appends that every driver shares. */
import { strict as assert } from 'node:assert'
import {
  APPEND_ROWS_MAX,
  COMMIT_BYTES_MAX,
  type Commit,
  type CurrentRow,
  type JournalRow,
  PARTITION_BYTES_MAX,
  type Requirement,
  SORT_BYTES_MAX,
  StorageUnavailableError,
  type TableId,
} from './driver.ts'

/** Fails on a commit that no caller may make: a bug in the engine, never a client's mistake. */
export function assertCommit(partition: Buffer, commit: Commit): void {
  assert(partition.length <= PARTITION_BYTES_MAX, 'the partition is too long')
  assert(commit.id.length === 16, 'the commit id is not 16 bytes')
  assert(commit.require.length > 0, 'the commit requires nothing')
  assert(commitBytes(partition.length, commit) <= COMMIT_BYTES_MAX, 'the commit is too large')
  const sorts = [...commit.put.map((row) => row.sort), ...commit.delete]
  const [only, another] = sorts
  assert(only !== undefined, 'the commit writes nothing')
  assertSorts(sorts)
  // The most frequent commit, for which the names below would cost more than all else here.
  const isOneRow = another === undefined && commit.require.every(({ sort }) => sort.equals(only))
  if (isOneRow) return
  const written = new Set(sorts.map(nameOf))
  assert(written.size === sorts.length, 'the commit writes a row twice')
  for (const { sort, version } of commit.require) {
    const isWritten = written.has(nameOf(sort))
    assert(isWritten || version, 'a row that is not written is required without a version')
  }
}

function assertSorts(sorts: readonly Buffer[]): void {
  for (const { length } of sorts) {
    assert(length > 0 && length <= SORT_BYTES_MAX, 'the sort is empty or too long')
  }
}

function nameOf(bytes: Buffer): string {
  return bytes.toString('latin1')
}

/** Fails on rows that no caller may append. */
export function assertAppend(partition: Buffer, rows: readonly JournalRow[]): void {
  assert(partition.length <= PARTITION_BYTES_MAX, 'the partition is too long')
  assert(rows.length > 0 && rows.length <= APPEND_ROWS_MAX, 'no rows or too many are appended')
  assertSorts(rows.map(({ sort }) => sort))
}

/** Finds a table that is both appended to and committed to. */
export class TableUses {
  readonly #uses = new Map<string, 'appended' | 'committed'>()

  check(table: TableId, use: 'appended' | 'committed'): void {
    const name = nameOf(table)
    const known = this.#uses.get(name)
    if (known === undefined) this.#uses.set(name, use)
    assert(known === undefined || known === use, 'the table is appended to and committed to')
  }
}

/** Bytes of a row beside its keys and value: ids, versions, numbers and lengths. */
const ROW_FIXED_BYTES = 120

/** Bytes of the request that carries a commit. */
export function commitBytes(partitionLength: number, { put, delete: removed }: Commit): number {
  const keyBytes = (sort: Buffer): number => ROW_FIXED_BYTES + partitionLength + sort.length
  const putBytes = put.reduce((sum, { sort, value }) => sum + keyBytes(sort) + value.length, 0)
  return removed.reduce((sum, sort) => sum + keyBytes(sort), putBytes)
}

export function requirementHolds(requirement: Requirement, current: CurrentRow): boolean {
  if (current.lock !== null) return false
  const wanted = requirement.version
  if (wanted === undefined) return true
  if (wanted === null || current.version === null) return wanted === current.version
  return wanted.equals(current.version)
}

/** @throws StorageUnavailableError if the deadline has passed */
export function checkDeadline(deadline: number): void {
  if (performance.now() >= deadline) throw new StorageUnavailableError('the deadline has passed')
}
