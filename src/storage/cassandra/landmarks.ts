/**
 * Which deletes leave a landmark: a place without a version instead of a tombstone. It is no row to
 * anybody, but LIMIT counts it, so a read that would have to pass any number of deleted rows ends
 * after some. See docs/adr/0004-cassandra-layout.md.
 */
import type { TableId, Version } from '../driver.ts'
import { partitionToken } from '../token.ts'

/** Deletes per landmark, where landmarks are left. */
export const LANDMARK_DELETES = 128
/** Rows deleted by this process in one partition, or in one table, before its deletes there leave
 * landmarks. */
const PARTITION_DELETES_MIN = 64
const TABLE_DELETES_MIN = 1000
const PARTITIONS_MAX = 10_000
const TABLES_MAX = 1000

export class Landmarks {
  readonly #partitions = new RecentCounts(PARTITIONS_MAX)
  readonly #tables = new RecentCounts(TABLES_MAX)

  /** Counts rows that are about to be deleted. */
  note(table: TableId, partition: Buffer, deletes: number): void {
    if (deletes === 0) return
    this.#partitions.add(partitionName(table, partition), deletes)
    this.#tables.add(tableName(table), deletes)
  }

  /** Whether deletes in the partition leave landmarks. */
  areLeftIn(table: TableId, partition: Buffer): boolean {
    return (
      this.#partitions.of(partitionName(table, partition)) >= PARTITION_DELETES_MIN ||
      this.#tables.of(tableName(table)) >= TABLE_DELETES_MIN
    )
  }
}

/** Short, however long the partition is. Two that share one leave landmarks sooner. */
function partitionName(table: TableId, partition: Buffer): string {
  return partitionToken(table, partition).toString('latin1')
}

function tableName(table: TableId): string {
  return table.toString('latin1')
}

/** Whether one delete of a commit leaves a landmark; `index` is its place in the commit. */
export function isLandmark(commit: Version, index: number): boolean {
  return (commit.readUInt16BE(0) + index) % LANDMARK_DELETES === 0
}

/** Counts by name. The names that were not counted for the longest time are forgotten. */
class RecentCounts {
  readonly #counts = new Map<string, number>()
  readonly #namesMax: number

  constructor(namesMax: number) {
    this.#namesMax = namesMax
  }

  of(name: string): number {
    return this.#counts.get(name) ?? 0
  }

  add(name: string, count: number): void {
    const sum = this.of(name) + count
    this.#counts.delete(name)
    this.#counts.set(name, sum)
    const [oldest] = this.#counts.keys()
    if (this.#counts.size > this.#namesMax && oldest !== undefined) this.#counts.delete(oldest)
  }
}
