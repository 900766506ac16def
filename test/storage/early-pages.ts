import type { ScanPage, ScanPosition } from '../../src/storage/driver.ts'
import { type Order, WornDriver } from './worn-driver.ts'

/** A memory driver whose pages end after a few deleted rows. */
export class EarlyPagesDriver extends WornDriver {
  /** Pages that ended early. */
  early = 0
  readonly #passedMax: number

  constructor(passedMax: number) {
    super()
    this.#passedMax = passedMax
  }

  protected override passing(
    page: ScanPage,
    tombstones: readonly ScanPosition[],
    order: Order,
  ): ScanPage {
    const reached = tombstones.toSorted(order)[this.#passedMax - 1]
    const last = page.rows.at(-1)
    if (!reached || (page.more && last && order(reached, last) > 0)) return page
    this.early += 1
    return { rows: page.rows.filter((row) => order(row, reached) < 0), more: true, reached }
  }
}
