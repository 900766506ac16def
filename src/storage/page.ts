import type { PageBudget, Row } from './driver.ts'

/** Collects the rows of one page up to its `PageBudget`. */
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

  /** Adds rows until the page is full. Returns whether it took them all. */
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

  /** Mean `size` of the rows. The page must not be empty. */
  get meanBytes(): number {
    return this.#bytes / this.rows.length
  }

  /** The rest of the budget; 0 or less if it is used up. */
  get left(): PageBudget {
    const { rows, bytes } = this.#budget
    return { rows: rows - this.rows.length, bytes: bytes - this.#bytes }
  }
}
