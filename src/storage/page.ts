import type { PageBudget, Row } from './driver.ts'

/** The rows of one page as they are gathered; it is full where `PageBudget` says that it ends. */
export class Page<R extends Row> {
  readonly rows: R[] = []
  readonly #budget: PageBudget
  #bytes = 0

  constructor(budget: PageBudget) {
    this.#budget = budget
  }

  add(row: R): void {
    this.rows.push(row)
    this.#bytes += row.size
  }

  /** Adds rows until it is full; whether it took them all. */
  take(rows: Iterable<R>): boolean {
    for (const row of rows) {
      if (this.full) return false
      this.add(row)
    }
    return true
  }

  get full(): boolean {
    const { rows, bytes } = this.#budget
    return this.rows.length > 0 && (this.rows.length >= rows || this.#bytes >= bytes)
  }

  /** Of a row, as the budget counts them. Not of an empty page. */
  get meanBytes(): number {
    return this.#bytes / this.rows.length
  }

  /** What of the budget is left, 0 or less where nothing is. */
  get left(): PageBudget {
    const { rows, bytes } = this.#budget
    return { rows: rows - this.rows.length, bytes: bytes - this.#bytes }
  }
}
