import type { PageBudget, Row } from '../driver.ts'

/** A page being filled. */
export class Page<R extends Row> {
  readonly rows: R[] = []
  readonly #budget: PageBudget
  #bytes = 0

  constructor(budget: PageBudget) {
    this.#budget = budget
  }

  get full(): boolean {
    return this.rows.length > 0 && (this.left.rows <= 0 || this.left.bytes <= 0)
  }

  get left(): PageBudget {
    return {
      rows: this.#budget.rows - this.rows.length,
      bytes: this.#budget.bytes - this.#bytes,
    }
  }

  /** Takes rows until it is full; whether it took them all. */
  take(rows: Iterable<R>): boolean {
    for (const row of rows) {
      if (this.full) {
        return false
      }
      this.rows.push(row)
      this.#bytes += row.size
    }
    return true
  }
}
