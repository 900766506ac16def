import type { ReadOptions, ScanPosition, StorageDriver } from '../../../src/storage/driver.ts'
import type { DeletedRows } from './deleted-rows.ts'
import type { TracedSlices } from './traced-slices.ts'

const PAGE_MS = 30_000
const PAGES_MAX = 1_000
const BUDGET = { rows: 1_000, bytes: 1_000_000 }

export interface PagesRead {
  readonly pages: number
  readonly failedReads: number
  /** Of the page that had most. */
  readonly failedOfPage: number
  readonly slowestPageMs: number
  readonly found: number
  /** The last page's failure, if it had no end. */
  readonly error?: string
}

type NextPage = (read: ReadOptions) => Promise<Page>

interface Page {
  readonly sorts: readonly Buffer[]
  /** Undefined: the last page. */
  readonly next?: NextPage
}

interface Outcome {
  readonly page: Page | Error
  /** Reads that Cassandra gave up. */
  readonly failed: number
}

/** Each reads the partition from one end to the other. */
const READERS = {
  forward: (rows, driver, read) => slicePage(rows, driver, 'forward', {}, read),
  backward: (rows, driver, read) => slicePage(rows, driver, 'backward', {}, read),
  scan: (rows, driver, read) => scanPage(rows, driver, undefined, read),
  sorts: (rows, driver, read) => sortPage(rows, driver, {}, read),
} as const satisfies Record<
  string,
  (rows: DeletedRows, driver: StorageDriver, read: ReadOptions) => Promise<Page>
>

export type Reader = keyof typeof READERS
export const ALL_READERS = Object.keys(READERS) as Reader[]

/** Follows pages to the end and counts the reads of each that Cassandra gives up. */
export async function readPages(
  reader: Reader,
  rows: DeletedRows,
  driver: StorageDriver,
  slices: TracedSlices,
): Promise<PagesRead> {
  const seen = { pages: 0, failedReads: 0, failedOfPage: 0, slowestPageMs: 0, found: 0 }
  let next: NextPage | undefined = (read) => READERS[reader](rows, driver, read)
  while (next) {
    const since = performance.now()
    const { page, failed }: Outcome = await pageOf(next, slices)
    seen.pages += 1
    seen.failedReads += failed
    seen.failedOfPage = Math.max(seen.failedOfPage, failed)
    seen.slowestPageMs = Math.max(seen.slowestPageMs, Math.round(performance.now() - since))
    if (page instanceof Error) return { ...seen, error: page.message }
    seen.found += page.sorts.length
    if (seen.pages === PAGES_MAX) return { ...seen, error: 'pages without end' }
    next = page.next
  }
  return seen
}

async function pageOf(next: NextPage, slices: TracedSlices): Promise<Outcome> {
  const read = { level: 'strong', deadline: performance.now() + PAGE_MS } as const
  const work = () => next(read).catch((error: Error) => error)
  const { result: page, failed } = await slices.of([], work)
  return { page, failed }
}

async function slicePage(
  rows: DeletedRows,
  driver: StorageDriver,
  direction: 'forward' | 'backward',
  range: object,
  read: ReadOptions,
): Promise<Page> {
  const page = await driver.slice(rows.table, rows.partition, range, direction, BUDGET, read)
  const sorts = page.rows.map(({ sort }) => sort)
  const last = page.reached ?? sorts.at(-1)
  if (!page.more || !last) return { sorts }
  const rest = direction === 'forward' ? { from: behind(last) } : { to: last }
  return { sorts, next: (next) => slicePage(rows, driver, direction, rest, next) }
}

async function sortPage(
  rows: DeletedRows,
  driver: StorageDriver,
  range: object,
  read: ReadOptions,
): Promise<Page> {
  const page = await driver.sorts(rows.table, rows.partition, range, BUDGET.rows, read)
  const { sorts } = page
  const last = page.reached ?? sorts.at(-1)
  if (!page.more || !last) return { sorts }
  return { sorts, next: (next) => sortPage(rows, driver, { from: behind(last) }, next) }
}

async function scanPage(
  rows: DeletedRows,
  driver: StorageDriver,
  after: ScanPosition | undefined,
  read: ReadOptions,
): Promise<Page> {
  const segment = { segment: 0, totalSegments: 1, range: {}, budget: BUDGET }
  const page = await driver.scan(rows.table, after ? { ...segment, after } : segment, read)
  const sorts = page.rows.map(({ sort }) => sort)
  const last = page.reached ?? page.rows.at(-1)
  if (!page.more || !last) return { sorts }
  return { sorts, next: (next) => scanPage(rows, driver, last, next) }
}

function behind(sort: Buffer): Buffer {
  return Buffer.concat([sort, Buffer.alloc(1)])
}
