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

  get full(): boolean {
    const { rows, bytes } = this.#budget
    return this.rows.length > 0 && (this.rows.length >= rows || this.#bytes >= bytes)
  }
}
