import type { ReadOptions, ScanPosition, StorageDriver } from '../../../src/storage/driver.ts'
import { countedReads, countReads } from '../../live/cassandra-reads.ts'

const PAGES_MAX = 1_000
const BUDGET = { rows: 1_000, bytes: 1_000_000 }

type NextPage = (read: ReadOptions) => Promise<Page>

interface Page {
  readonly found: readonly Buffer[]
  /** Undefined on the last page. */
  readonly next?: NextPage
}

type Direction = 'forward' | 'backward'

export interface PagesRead {
  readonly pages: number
  readonly reads: number
  readonly failedReads: number
  readonly slowestPageMs: number
  readonly totalMs: number
}

countReads()

/** Reads a partition or a table from one end to the other, page by page. */
export class PageReader {
  /** Pages that failed or had more than one failed read, endless pages, and missing or unexpected
   * rows. */
  readonly faults: string[] = []
  readonly #driver: StorageDriver
  readonly #pageMs: number

  constructor(driver: StorageDriver, pageMs: number) {
    this.#driver = driver
    this.#pageMs = pageMs
  }

  slice(table: Buffer, partition: Buffer, direction: Direction, range = {}): NextPage {
    return async (read) => {
      const page = await this.#driver.slice(table, partition, range, direction, BUDGET, read)
      const found = page.rows.map(({ sort }) => sort)
      const last = page.reached ?? found.at(-1)
      if (!page.more || !last) return { found }
      const rest = direction === 'forward' ? { from: behind(last) } : { to: last }
      return { found, next: this.slice(table, partition, direction, rest) }
    }
  }

  sorts(table: Buffer, partition: Buffer, range = {}): NextPage {
    return async (read) => {
      const page = await this.#driver.sorts(table, partition, range, BUDGET.rows, read)
      const last = page.reached ?? page.sorts.at(-1)
      if (!page.more || !last) return { found: page.sorts }
      return { found: page.sorts, next: this.sorts(table, partition, { from: behind(last) }) }
    }
  }

  /** Pages of partitions. */
  scan(table: Buffer, after?: ScanPosition): NextPage {
    return async (read) => {
      const segment = { segment: 0, totalSegments: 1, range: {}, budget: BUDGET }
      const page = await this.#driver.scan(table, after ? { ...segment, after } : segment, read)
      const found = page.rows.map(({ partition }) => partition)
      const last = page.reached ?? page.rows.at(-1)
      return page.more && last ? { found, next: this.scan(table, last) } : { found }
    }
  }

  /** Pages of a purge, which find nothing. */
  purge(table: Buffer, from: Buffer | null = null): NextPage {
    return async ({ deadline }) => {
      const next = await this.#driver.purge(table, from, deadline)
      return next ? { found: [], next: this.purge(table, next) } : { found: [] }
    }
  }

  /** Reads all pages. They must contain `wanted` and nothing else. */
  async read(what: string, first: NextPage, wanted: readonly Buffer[]): Promise<PagesRead> {
    const found: string[] = []
    const since = performance.now()
    let [pages, reads, failedReads, slowestPageMs] = [0, 0, 0, 0]
    for (let next: NextPage | undefined = first; next; ) {
      const asked: NextPage = next
      const begun = performance.now()
      const read = { level: 'strong', deadline: begun + this.#pageMs } as const
      const counted = await countedReads(() => asked(read).catch((error: Error) => error))
      const page: Page | Error = counted.result
      pages += 1
      reads += counted.all
      failedReads += counted.failed
      slowestPageMs = Math.max(slowestPageMs, Math.round(performance.now() - begun))
      const note = (fault: string) => this.faults.push(`${what}: page ${pages} ${fault}`)
      if (counted.failed > 1) note(`had ${counted.failed} failed reads`)
      if (page instanceof Error) note(`failed: ${page}`)
      else found.push(...hexOf(page.found))
      next = page instanceof Error ? undefined : page.next
      if (!next || pages < PAGES_MAX) continue
      note('is not the last')
      break
    }
    if (found.sort().join() !== hexOf(wanted).sort().join()) {
      this.faults.push(`${what}: found ${found.length} rows, not the ${wanted.length} live ones`)
    }
    const totalMs = Math.round(performance.now() - since)
    return { pages, reads, failedReads, slowestPageMs, totalMs }
  }
}

function hexOf(keys: readonly Buffer[]): string[] {
  return keys.map((key) => key.toString('hex'))
}

function behind(sort: Buffer): Buffer {
  return Buffer.concat([sort, Buffer.alloc(1)])
}
