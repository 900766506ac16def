import { TableUses } from '../commit-rules.ts'
import type { Row, SortRange, TableId } from '../driver.ts'
import { partitionToken } from '../token.ts'

/** `version` null: there is no row, only a lock on its place. */
export interface StoredRow extends Omit<Row, 'version'> {
  readonly version: Buffer | null
}

export interface StoredPartition {
  readonly token: Buffer
  readonly partition: Buffer
  /** In the order of `sort`. */
  rows: StoredRow[]
}

/** Shared by memory drivers of a process. Has no empty partitions. */
export class MemoryStore {
  /** The order of the latest commit. */
  order = 0n
  readonly uses = new TableUses()
  /** By table id in hexadecimal; partitions in scan order. */
  readonly #tables = new Map<string, StoredPartition[]>()

  partitions(table: TableId): readonly StoredPartition[] {
    return this.#tables.get(table.toString('hex')) ?? []
  }

  rows(table: TableId, partition: Buffer): readonly StoredRow[] {
    const partitions = this.partitions(table)
    const found = partitions[firstFrom(partitions, partitionToken(table, partition), partition)]
    return found?.partition.equals(partition) ? found.rows : []
  }

  row(table: TableId, partition: Buffer, sort: Buffer): StoredRow | undefined {
    const rows = this.rows(table, partition)
    const found = rows[firstRowFrom(rows, sort)]
    return found?.sort.equals(sort) ? found : undefined
  }

  put(table: TableId, partition: Buffer, row: StoredRow): void {
    const name = table.toString('hex')
    const partitions = this.#tables.get(name) ?? []
    this.#tables.set(name, partitions)
    const token = partitionToken(table, partition)
    const place = firstFrom(partitions, token, partition)
    if (!partitions[place]?.partition.equals(partition)) {
      partitions.splice(place, 0, { token, partition: Buffer.from(partition), rows: [] })
    }
    const rows = partitions[place]?.rows ?? []
    const index = firstRowFrom(rows, row.sort)
    rows.splice(index, rows[index]?.sort.equals(row.sort) ? 1 : 0, row)
  }

  delete(table: TableId, partition: Buffer, sorts: readonly Buffer[]): void {
    const partitions = this.#tables.get(table.toString('hex')) ?? []
    const place = firstFrom(partitions, partitionToken(table, partition), partition)
    const found = partitions[place]
    const deleted = new Set(sorts.map((sort) => this.row(table, partition, sort)))
    if (found?.partition.equals(partition)) {
      found.rows = found.rows.filter((row) => !deleted.has(row))
      if (found.rows.length === 0) partitions.splice(place, 1)
    }
  }

  /** Deletes at most `count` partitions. Returns whether any are left. */
  purge(table: TableId, count: number): boolean {
    const name = table.toString('hex')
    this.#tables.get(name)?.splice(0, count)
    if (this.partitions(table).length === 0) this.#tables.delete(name)
    return this.#tables.has(name)
  }
}

/** The index of the first partition at or after a place on the ring. */
export function firstFrom(
  partitions: readonly StoredPartition[],
  token: Buffer,
  partition: Buffer,
): number {
  return firstIndex(partitions, (other) => {
    const order = other.token.compare(token)
    return order > 0 || (order === 0 && other.partition.compare(partition) >= 0)
  })
}

export function firstRowFrom(rows: readonly StoredRow[], sort: Buffer): number {
  return firstIndex(rows, (row) => row.sort.compare(sort) >= 0)
}

/** The rows of a range, without locks on missing rows. */
export function* rowsOfRange(
  rows: readonly StoredRow[],
  range: SortRange,
  direction: 'forward' | 'backward',
): Generator<Row> {
  const start = range.from === undefined ? 0 : firstRowFrom(rows, range.from)
  const end = range.to === undefined ? rows.length : firstRowFrom(rows, range.to)
  for (let step = 0; step < end - start; step += 1) {
    const row = copyOf(rows[direction === 'forward' ? start + step : end - 1 - step])
    if (row !== null) yield row
  }
}

/** A copy for the reader; null for a lock without a row. */
export function copyOf(row: StoredRow | undefined): Row | null {
  if (row === undefined || row.version === null) return null
  return { ...row, value: Buffer.from(row.value), version: row.version }
}

/** Binary search for the first element that `holds`, which must be false before it and true
 * after. */
function firstIndex<T>(list: readonly T[], holds: (element: T) => boolean): number {
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >> 1
    const element = list[middle]
    if (element !== undefined && holds(element)) {
      high = middle
    } else {
      low = middle + 1
    }
  }
  return low
}
