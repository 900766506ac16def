import type { CassandraDriver } from '../../../src/storage/cassandra/driver.ts'
import type { ScanPosition, TableId } from '../../../src/storage/driver.ts'
import { countReads, readCounts } from '../../live/cassandra-reads.ts'
import type { Rows } from './plain-writes.ts'

/** What an operation has. */
const PAGE_MS_MAX = 10_000
const PAGES_MAX = 200
const BUDGET = { rows: 1_000, bytes: 1_000_000 }

/** What reading all of something took. */
export interface PagesRead {
  readonly pages: number
  readonly reads: number
  readonly failedReads: number
  readonly slowestPageMs: number
  readonly totalMs: number
}

interface Page<Place> {
  readonly found: readonly Buffer[]
  /** Undefined at the end. */
  readonly next: Place | undefined
}

countReads()

/** Reads page after page until the end, and notes faults: pages that fail or in which more than one
 * read does, pages without end, rows that are missing or should not be there. */
export class PageReader {
  readonly faults: string[] = []
  readonly #driver: CassandraDriver

  constructor(driver: CassandraDriver) {
    this.#driver = driver
  }

  slice(table: TableId, partition: Buffer, live: readonly Buffer[]): Promise<PagesRead> {
    return this.#all('query', live, async (from: Buffer | undefined, read) => {
      const range = from ? { from } : {}
      const page = await this.#driver.slice(table, partition, range, 'forward', BUDGET, read)
      const last = page.reached ?? page.rows.at(-1)?.sort
      const next = page.more && last ? behind(last) : undefined
      return { found: page.rows.map(({ sort }) => sort), next }
    })
  }

  backwards(table: TableId, partition: Buffer, live: readonly Buffer[]): Promise<PagesRead> {
    return this.#all('query backwards', live, async (to: Buffer | undefined, read) => {
      const range = to ? { to } : {}
      const page = await this.#driver.slice(table, partition, range, 'backward', BUDGET, read)
      const last = page.reached ?? page.rows.at(-1)?.sort
      return { found: page.rows.map(({ sort }) => sort), next: page.more ? last : undefined }
    })
  }

  sorts(table: TableId, partition: Buffer, live: readonly Buffer[]): Promise<PagesRead> {
    return this.#all('list', live, async (from: Buffer | undefined, read) => {
      const range = from ? { from } : {}
      const page = await this.#driver.sorts(table, partition, range, BUDGET.rows, read)
      const last = page.reached ?? page.sorts.at(-1)
      return { found: page.sorts, next: page.more && last ? behind(last) : undefined }
    })
  }

  scan(table: TableId, live: readonly Buffer[]): Promise<PagesRead> {
    return this.#all('scan', live, async (after: ScanPosition | undefined, read) => {
      const request = { segment: 0, totalSegments: 1, range: {}, budget: BUDGET }
      const page = await this.#driver.scan(table, after ? { ...request, after } : request, read)
      const last = page.reached ?? page.rows.at(-1)
      return {
        found: page.rows.map(({ partition }) => partition),
        next: page.more ? last : undefined,
      }
    })
  }

  purge(table: TableId): Promise<PagesRead> {
    return this.#all('purge', [], async (from: Buffer | undefined, { deadline }) => {
      const next = await this.#driver.purge(table, from ?? null, deadline)
      return { found: [], next: next ?? undefined }
    })
  }

  /** How many of the rows are still there. */
  async left(all: readonly Rows[]): Promise<number> {
    let count = 0
    for (const { table, partition, sorts } of all) {
      const read = { level: 'strong', deadline: performance.now() + PAGE_MS_MAX } as const
      const found = await this.#driver.getMany(table, partition, sorts, read)
      count += found.filter((row) => row !== null).length
    }
    if (count > 0) this.faults.push(`${count} rows are left after the purge`)
    return count
  }

  async #all<Place>(
    what: string,
    live: readonly Buffer[],
    readPage: (
      from: Place | undefined,
      read: { readonly level: 'strong'; readonly deadline: number },
    ) => Promise<Page<Place>>,
  ): Promise<PagesRead> {
    const found: string[] = []
    const begun = { ...readCounts, at: performance.now() }
    let slowestPageMs = 0
    let pages = 0
    let from: Place | undefined
    do {
      const [failed, since] = [readCounts.failed, performance.now()]
      try {
        const page = await readPage(from, { level: 'strong', deadline: since + PAGE_MS_MAX })
        found.push(...page.found.map((key) => key.toString('hex')))
        from = page.next
      } catch (error) {
        this.faults.push(`${what}: page ${pages} failed: ${error}`)
      }
      const ms = Math.round(performance.now() - since)
      slowestPageMs = Math.max(slowestPageMs, ms)
      if (readCounts.failed - failed > 1) {
        this.faults.push(`${what}: ${readCounts.failed - failed} failed reads in page ${pages}`)
      }
      pages += 1
      if (pages === PAGES_MAX) this.faults.push(`${what}: no end after ${pages} pages`)
    } while (from !== undefined && pages < PAGES_MAX)
    const wanted = live.map((key) => key.toString('hex')).sort()
    if (found.sort().join() !== wanted.join()) {
      this.faults.push(`${what}: ${found.length} rows were found, not the ${live.length} live ones`)
    }
    return {
      pages,
      reads: readCounts.all - begun.all,
      failedReads: readCounts.failed - begun.failed,
      slowestPageMs,
      totalMs: Math.round(performance.now() - begun.at),
    }
  }
}

function behind(sort: Buffer): Buffer {
  return Buffer.concat([sort, Buffer.alloc(1)])
}
