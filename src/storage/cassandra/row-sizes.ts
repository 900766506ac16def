/**
 * What this process has seen of each table's row sizes. Cassandra's LIMIT counts rows while pages
 * are cut by bytes: the first fetch of a page should be just enough.
 */
import type { PageBudget, Row } from '../driver.ts'

const TABLES_MAX = 10_000
/** Older rows count half whenever a table has seen this many. */
const ROWS_REMEMBERED = 10_000
const FIRST_GUESS_BYTES = 1024
const FIRST_LARGEST_BYTES = 64 * 1024
/** The most that one answer may carry if all its rows were as large as the largest seen. */
const FETCH_BYTES_MAX = 64 * 1024 * 1024
export const FETCH_ROWS_MAX = 20_000
/** Fetches a little more than the mean promises, so that most pages are full at once. */
const MARGIN = 1.1

interface Seen {
  rows: number
  bytes: number
  largest: number
}

export class RowSizes {
  /** In the order of their last use. */
  readonly #tables = new Map<string, Seen>()

  note(table: string, rows: readonly Row[]): void {
    if (rows.length === 0) {
      return
    }
    const seen = this.#tables.get(table) ?? { rows: 0, bytes: 0, largest: 0 }
    for (const row of rows) {
      seen.rows += 1
      seen.bytes += row.size
      seen.largest = Math.max(seen.largest, row.size, row.value.length)
    }
    if (seen.rows >= ROWS_REMEMBERED) {
      seen.largest = Math.max(seen.largest / 2, seen.bytes / seen.rows)
      seen.rows /= 2
      seen.bytes /= 2
    }
    this.#tables.delete(table)
    this.#tables.set(table, seen)
    const [oldest] = this.#tables.keys()
    if (this.#tables.size > TABLES_MAX && oldest !== undefined) {
      this.#tables.delete(oldest)
    }
  }

  /** How many rows to fetch for a page, 1 to `FETCH_ROWS_MAX`. */
  limitFor(table: string, budget: PageBudget): number {
    const seen = this.#tables.get(table)
    const mean = seen === undefined ? FIRST_GUESS_BYTES : Math.max(1, seen.bytes / seen.rows)
    const largest = seen === undefined ? FIRST_LARGEST_BYTES : Math.max(1, seen.largest)
    const wanted = Math.ceil((budget.bytes / mean) * MARGIN) + 1
    const bounded = Math.min(budget.rows, wanted, FETCH_BYTES_MAX / largest, FETCH_ROWS_MAX)
    return Math.max(1, Math.floor(bounded))
  }
}
