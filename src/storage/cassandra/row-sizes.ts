/**
 * What this process has seen of each table's row sizes. Cassandra's LIMIT counts rows while pages
 * are cut by bytes: the first fetch of a page should be just enough. What was seen is no promise
 * of what comes, so it is trusted for few rows only.
 */
import { type PageBudget, type PutRow, type Row, VALUE_BYTES_MAX } from '../driver.ts'

const TABLES_MAX = 10_000
/** Older rows count half whenever a table has seen this many. */
const ROWS_REMEMBERED = 10_000
const FIRST_GUESS_BYTES = 1024
/** What one answer may carry, for a node and this process hold it whole. */
const FETCH_BYTES_MAX = 48 * 1024 * 1024
/** So many rows are within it whatever they are. */
export const UNSEEN_ROWS_MAX = Math.floor(FETCH_BYTES_MAX / VALUE_BYTES_MAX)
/** The most that is asked for on the strength of as many rows seen. Should all be items of the
 * largest size nevertheless, these are 40 MB; only some whose JSON is many times their size go
 * beyond `FETCH_BYTES_MAX`. */
export const PROMISED_ROWS_MAX = 100
/** The most rows whose sizes are asked for at once. */
export const SIZES_ROWS_MAX = 20_000
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

  /** Of rows that were read or are about to be written. */
  note(table: string, rows: readonly (Row | PutRow)[]): void {
    if (rows.length === 0) return
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
    if (this.#tables.size > TABLES_MAX && oldest !== undefined) this.#tables.delete(oldest)
  }

  /** After a read that failed, maybe because its rows were larger than those seen. */
  forget(table: string): void {
    this.#tables.delete(table)
  }

  /** How many rows the first fetch of a page is likely to fill it with, at least 1. */
  likelyRows(table: string, budget: PageBudget): number {
    const seen = this.#tables.get(table)
    return rowsOf(seen === undefined ? FIRST_GUESS_BYTES : seen.bytes / seen.rows, budget)
  }

  /** How many rows may be fetched whose sizes are not known: `UNSEEN_ROWS_MAX` where little was
   * seen, up to `PROMISED_ROWS_MAX` where much and small was, fewer where it was large. `landmarks`
   * that have just come are as good as rows that were seen. */
  boundedRows(table: string, landmarks = 0): number {
    const { rows, largest } = this.#tables.get(table) ?? { rows: 0, largest: 0 }
    const seen = Math.max(UNSEEN_ROWS_MAX, rows, landmarks)
    const trusted = Math.min(seen, PROMISED_ROWS_MAX)
    return Math.floor(Math.min(trusted, FETCH_BYTES_MAX / Math.max(1, largest)))
  }
}

/** How many rows of such a mean size are likely to use up the budget, at least 1. */
export function rowsOf(meanBytes: number, { rows, bytes }: PageBudget): number {
  return Math.max(1, Math.min(rows, Math.ceil((bytes / Math.max(1, meanBytes)) * MARGIN) + 1))
}
