/**
 * A page of a table's rows in the order of the ring. Partitions of one token follow each other by
 * length, then by bytes: Cassandra's order.
 */
import type { types } from 'cassandra-driver'
import type { ScannedRow, ScanPage, ScanPosition, ScanRequest, SortRange } from '../driver.ts'
import { Page } from '../page.ts'
import { partitionToken, segmentTokens, tokenNumber } from '../token.ts'
import { type Fetched, fetchRows, type ReadContext } from './fetch.ts'
import { partitionsAtToken } from './partitions-at-token.ts'
import { rowOf } from './rows.ts'
import { fillFromPartition } from './slice.ts'
import { justAfter } from './sort-ranges.ts'

/** Both tokens belong to it. */
interface TokenRange {
  readonly first: bigint
  readonly last: bigint
}

const NOTHING: Fetched = { rows: [], more: false }

export async function scanPage(asked: ReadContext, request: ScanRequest): Promise<ScanPage> {
  // Only reads of one partition can be serial.
  const { level } = asked.read
  const read = { ...asked.read, level: level === 'serial' ? 'strong' : level } as const
  const context = { ...asked, read }
  const segment = segmentTokens(request.segment, request.totalSegments)
  const page = new Page<ScannedRow>(request.budget)
  const scan = new Scan(context, request.range, page)
  const { after } = request
  const token = after === undefined ? undefined : tokenOf(context, after.partition)
  if (after === undefined || token === undefined || token < segment.first) {
    return { rows: page.rows, more: await scan.fillFromRing(segment) }
  }
  if (token > segment.last) {
    return { rows: [], more: false }
  }
  return { rows: page.rows, more: await scan.fillAfter(after, { ...segment, first: token }) }
}

class Scan {
  readonly #context: ReadContext
  readonly #range: SortRange
  readonly #page: Page<ScannedRow>

  constructor(context: ReadContext, range: SortRange, page: Page<ScannedRow>) {
    this.#context = context
    this.#range = range
    this.#page = page
  }

  /** Goes on behind a position at the first token of `tokens`. The rest of its partition, others
   * of that token and what follows on the ring are asked for at once. */
  async fillAfter(after: ScanPosition, tokens: TokenRange): Promise<boolean> {
    const page = this.#page
    const next = { first: tokens.first + 1n, last: tokens.last }
    const range = { ...this.#range, from: laterOf(this.#range.from, justAfter(after.sort)) }
    const partitions = partitionsAtToken(this.#context, tokens.first)
    const [more, firstAtToken, found] = await Promise.all([
      this.#fillFrom(after.partition, range),
      partitions.next(),
      next.first > next.last ? NOTHING : this.#fetch(next),
    ])
    if (more) return true
    for (let at = firstAtToken; !at.done; at = await partitions.next()) {
      if (followsInToken(at.value, after.partition)) {
        if (page.full || (await this.#fillFrom(at.value, this.#range))) return true
      }
    }
    if (page.full) return found.rows.length > 0
    return this.#takeFromRing(found, next)
  }

  async fillFromRing(tokens: TokenRange): Promise<boolean> {
    return this.#takeFromRing(await this.#fetch(tokens), tokens)
  }

  async #takeFromRing(found: Fetched, part: TokenRange): Promise<boolean> {
    const rows = found.rows
      .map((row) => scannedRowOf(row, row.partition))
      .filter((row) => row !== null)
    this.#context.sizes.note(this.#context.table.toString('hex'), rows)
    if (!this.#page.take(rows)) return true
    const last = found.rows.at(-1)
    if (last === undefined || !found.more) return false
    if (this.#page.full) return true
    return this.fillAfter(
      { partition: last.partition, sort: last.sort },
      { first: last.place, last: part.last },
    )
  }

  #fetch({ first, last }: TokenRange): Promise<Fetched> {
    const { scan } = this.#context.statements
    return fetchRows(this.#context, scan, [first, last], this.#range, this.#page)
  }

  #fillFrom(partition: Buffer, range: SortRange): Promise<boolean> {
    return fillFromPartition(this.#context, partition, {
      range,
      direction: 'forward',
      page: this.#page,
      convert: (row) => scannedRowOf(row, partition),
    })
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
