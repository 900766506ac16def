/**
 * The row sizes that this process has seen in each table. LIMIT counts rows but pages are cut by
 * bytes, so the first fetch of a page should be just enough. Future rows may be larger, so the
 * sizes seen are trusted for few rows only.
 */
import { type PageBudget, type PutRow, type Row, VALUE_BYTES_MAX } from '../driver.ts'

const TABLES_MAX = 10_000
/** Rows seen of a table after which all of them count half. */
const ROWS_REMEMBERED = 10_000
const FIRST_GUESS_BYTES = 1024
/** Bytes of one answer, which the coordinator and this process hold whole. */
const FETCH_BYTES_MAX = 48 * 1024 * 1024
/** Rows that never exceed `FETCH_BYTES_MAX`, whatever their sizes. */
export const UNSEEN_ROWS_MAX = Math.floor(FETCH_BYTES_MAX / VALUE_BYTES_MAX)
/** Rows of one fetch after this many were seen. If all turn out to be items of the largest size,
 * they have 40 MB. Only items whose JSON is many times their size can exceed `FETCH_BYTES_MAX`. */
export const PROMISED_ROWS_MAX = 100
export const SIZES_ROWS_MAX = 20_000
/** Factor by which a fetch exceeds the mean, so that most pages are filled by one. */
const MARGIN = 1.1

interface Seen {
  rows: number
  bytes: number
  largest: number
}

export class RowSizes {
  /** Least recently used first. */
  readonly #tables = new Map<string, Seen>()

  /** Records rows that were read or are about to be written. */
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

  /** Must be called after a failed read, whose rows may have been larger than those seen. */
  forget(table: string): void {
    this.#tables.delete(table)
  }

  /** Rows that will likely fill a page, at least 1. */
  likelyRows(table: string, budget: PageBudget): number {
    const seen = this.#tables.get(table)
    return rowsOf(seen === undefined ? FIRST_GUESS_BYTES : seen.bytes / seen.rows, budget)
  }

  /** Rows of unknown size that may be fetched: `UNSEEN_ROWS_MAX` if few were seen, up to
   * `PROMISED_ROWS_MAX` if many small ones were, fewer if they were large. Landmarks just read
   * count as seen rows. */
  boundedRows(table: string, landmarks = 0): number {
    const { rows, largest } = this.#tables.get(table) ?? { rows: 0, largest: 0 }
    const seen = Math.max(UNSEEN_ROWS_MAX, rows, landmarks)
    const trusted = Math.min(seen, PROMISED_ROWS_MAX)
    return Math.floor(Math.min(trusted, FETCH_BYTES_MAX / Math.max(1, largest)))
  }
}

/** Rows of this mean size that will likely use up the budget, at least 1. */
export function rowsOf(meanBytes: number, { rows, bytes }: PageBudget): number {
  return Math.max(1, Math.min(rows, Math.ceil((bytes / Math.max(1, meanBytes)) * MARGIN) + 1))
}
