/** A page of a table's rows in ring order. Cassandra orders partitions of one token by length, then
 * by bytes. */
import type { types } from 'cassandra-driver'
import type { ScannedRow, ScanPage, ScanPosition, ScanRequest, SortRange } from '../driver.ts'
import { Page } from '../page.ts'
import { partitionToken, segmentTokens, tokenNumber } from '../token.ts'
import { DenseRangeError, ReadTimeoutError } from './errors.ts'
import { type Fetched, fetchRows, type ReadContext } from './fetch.ts'
import { partitionsAtToken } from './partitions-at-token.ts'
import { Pace, type PageEnd } from './reads/pace.ts'
import type { RingSpans } from './reads/ring-spans.ts'
import { rowOf } from './rows.ts'
import { fillFromPartition, justAfter } from './slice.ts'

/** Both inclusive. */
interface TokenRange {
  readonly first: bigint
  readonly last: bigint
}

/** The rows of one read of the ring, with the last token that it covered. */
interface FetchedPart extends Fetched {
  readonly last: bigint
}

export async function scanPage(
  asked: ReadContext,
  spans: RingSpans,
  request: ScanRequest,
): Promise<ScanPage> {
  // Serial reads work within one partition only.
  const { level } = asked.read
  const read = { ...asked.read, level: level === 'serial' ? 'strong' : level } as const
  const context = { ...asked, read }
  const segment = segmentTokens(request.segment, request.totalSegments)
  const page = new Page<ScannedRow>(request.budget)
  const scan = new Scan(context, spans, request.range, page)
  const { after } = request
  const token = after === undefined ? undefined : tokenOf(context, after.partition)
  if (after === undefined || token === undefined || token < segment.first) {
    return { rows: page.rows, ...(await scan.fillFromRing(segment)) }
  }
  if (token > segment.last) {
    return { rows: [], more: false }
  }
  return { rows: page.rows, ...(await scan.fillAfter(after, { ...segment, first: token })) }
}

class Scan {
  readonly #context: ReadContext
  readonly #spans: RingSpans
  readonly #range: SortRange
  readonly #page: Page<ScannedRow>
  readonly #pace: Pace
  /** The last place that the page has passed. */
  #reached: ScanPosition | undefined

  constructor(context: ReadContext, spans: RingSpans, range: SortRange, page: Page<ScannedRow>) {
    this.#context = context
    this.#pace = new Pace(context.read.deadline)
    this.#spans = spans
    this.#range = range
    this.#page = page
  }

  /** Continues after a position at the first token of `tokens`. Reads the rest of its partition,
   * other partitions of that token and what follows on the ring in parallel. */
  async fillAfter(after: ScanPosition, tokens: TokenRange): Promise<PageEnd<ScanPosition>> {
    const page = this.#page
    const next = { first: tokens.first + 1n, last: tokens.last }
    const range = { ...this.#range, from: laterOf(this.#range.from, justAfter(after.sort)) }
    const partitions = partitionsAtToken(this.#context, tokens.first)
    const [end, firstAtToken, found] = await Promise.all([
      this.#fillFrom(after.partition, range),
      partitions.next(),
      this.#fetch(next),
    ])
    if (end.more) return end
    for (let at = firstAtToken; !at.done; at = await partitions.next()) {
      if (followsInToken(at.value, after.partition)) {
        if (page.full) return { more: true }
        const end = await this.#fillFrom(at.value, this.#range)
        if (end.more) return end
      }
    }
    return this.#takeFromRing(found, next)
  }

  async fillFromRing(tokens: TokenRange): Promise<PageEnd<ScanPosition>> {
    return this.#takeFromRing(await this.#fetch(tokens), tokens)
  }

  /** Continues from the first read of `tokens`. */
  async #takeFromRing(
    fetched: FetchedPart | undefined,
    { first, last }: TokenRange,
  ): Promise<PageEnd<ScanPosition>> {
    let left = first
    for (let part = fetched; ; part = await this.#fetch({ first: left, last })) {
      const rows = part && this.#rowsOf(part)
      if (rows && !this.#page.take(rows)) return { more: true }
      const place = part?.rows.at(-1)
      if (place) this.#reached = { partition: place.partition, sort: place.sort }
      if (part && !part.more) left = part.last + 1n
      if (left > last) return { more: false }
      if (this.#page.full) return { more: true }
      const reached = this.#reached
      if (reached && this.#pace.isOver(rows?.length ?? 0)) return { more: true, reached }
      if (part?.more && reached) return this.fillAfter(reached, { first: place?.place, last })
    }
  }

  #rowsOf(part: Fetched): ScannedRow[] {
    const rows = part.rows
      .map((row) => scannedRowOf(row, row.partition))
      .filter((row) => row !== null)
    this.#context.sizes.note(this.#context.table.toString('hex'), rows)
    this.#pace.note(part.rows.length, rows.length)
    return rows
  }

  /** Undefined: Cassandra gave up, and the next read asks for less. */
  async #fetch({ first, last: end }: TokenRange): Promise<FetchedPart | undefined> {
    const { statements } = this.#context
    const name = this.#context.table.toString('hex')
    const last = this.#spans.lastOf(name, first, end)
    if (first > last) return { rows: [], more: false, readMs: 0, last }
    const [page, pace] = [this.#page, this.#pace]
    try {
      const params = [first, last]
      const texts = statements.scan
      const found = await fetchRows(this.#context, texts, params, this.#range, { page, pace })
      this.#spans.took(name, found.readMs)
      return { ...found, last }
    } catch (error) {
      if (!(error instanceof DenseRangeError || error instanceof ReadTimeoutError)) throw error
      this.#spans.failed(name)
      pace.narrow(error)
      return undefined
    }
  }

  async #fillFrom(partition: Buffer, range: SortRange): Promise<PageEnd<ScanPosition>> {
    const page = this.#page
    const before = page.rows.length
    const { more, reached } = await fillFromPartition(this.#context, partition, {
      range,
      direction: 'forward',
      page,
      pace: this.#pace,
      convert: (row) => scannedRowOf(row, partition),
    })
    const last = page.rows.at(-1)
    if (last && page.rows.length > before) this.#reached = { partition, sort: last.sort }
    return reached ? { more, reached: { partition, sort: reached } } : { more }
  }
}

function tokenOf({ table }: ReadContext, partition: Buffer): bigint {
  return tokenNumber(partitionToken(table, partition))
}

function scannedRowOf(row: types.Row, partition: Buffer): ScannedRow | null {
  const found = rowOf(row)
  return found === null ? null : { ...found, partition }
}

function laterOf(a: Buffer | undefined, b: Buffer): Buffer {
  return a === undefined || a.compare(b) < 0 ? b : a
}

function followsInToken(a: Buffer, b: Buffer): boolean {
  return a.length === b.length ? a.compare(b) > 0 : a.length > b.length
}
