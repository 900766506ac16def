import { justAfter } from '../../src/storage/cassandra/slice.ts'
import type { ReadOptions, ScanPosition, StorageDriver, TableId } from '../../src/storage/driver.ts'

/** Reads a whole partition or table page by page. */

export type NextPage = (read: ReadOptions) => Promise<WalkedPage>

export interface WalkedPage {
  readonly found: readonly Buffer[]
  /** Undefined on the last page. */
  readonly next?: NextPage
}

export type Direction = 'forward' | 'backward'

const BUDGET = { rows: 1_000, bytes: 1_000_000 }

export class PageWalk {
  readonly #driver: StorageDriver
  readonly #table: TableId

  constructor(driver: StorageDriver, table: TableId) {
    this.#driver = driver
    this.#table = table
  }

  slice(partition: Buffer, direction: Direction, range = {}): NextPage {
    return async (read) => {
      const page = await this.#driver.slice(this.#table, partition, range, direction, BUDGET, read)
      const found = page.rows.map(({ sort }) => sort)
      const last = page.reached ?? found.at(-1)
      if (!page.more || !last) return { found }
      const rest = direction === 'forward' ? { from: justAfter(last) } : { to: last }
      return { found, next: this.slice(partition, direction, rest) }
    }
  }

  sorts(partition: Buffer, range = {}): NextPage {
    return async (read) => {
      const page = await this.#driver.sorts(this.#table, partition, range, BUDGET.rows, read)
      const last = page.reached ?? page.sorts.at(-1)
      if (!page.more || !last) return { found: page.sorts }
      return { found: page.sorts, next: this.sorts(partition, { from: justAfter(last) }) }
    }
  }

  /** Pages of partitions. */
  scan(after?: ScanPosition): NextPage {
    return async (read) => {
      const all = { segment: 0, totalSegments: 1, range: {}, budget: BUDGET }
      const page = await this.#driver.scan(this.#table, { ...all, ...(after && { after }) }, read)
      const found = page.rows.map(({ partition }) => partition)
      const last = page.reached ?? page.rows.at(-1)
      return page.more && last ? { found, next: this.scan(last) } : { found }
    }
  }

  /** Pages of a purge. They contain no rows. */
  purge(from: Buffer | null = null): NextPage {
    return async ({ deadline }) => {
      const next = await this.#driver.purge(this.#table, from, deadline)
      return next ? { found: [], next: this.purge(next) } : { found: [] }
    }
  }
}
