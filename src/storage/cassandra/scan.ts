/**
 * A page of a table's rows in the order of the ring. Partitions of one token follow each other by
 * length, then by bytes: Cassandra's order.
 */
import { types } from 'cassandra-driver'
import type { ScannedRow, ScanPage, ScanPosition, ScanRequest, SortRange } from '../driver.ts'
import { partitionToken, segmentTokens, tokenNumber } from '../token.ts'
import { DenseRangeError } from './errors.ts'
import { Page } from './page.ts'
import { rowOf } from './rows.ts'
import { boundedQuery, fill, fillFromPartition, type ReadContext } from './slice.ts'
import { justAfter } from './sort-ranges.ts'

/** Both tokens belong to it. */
export interface TokenRange {
  readonly first: bigint
  readonly last: bigint
}

const TOKEN_PARTS = 16n
/** More than anyone finds partitions that share a token of theirs. */
const PARTITIONS_AT_TOKEN_MAX = 1000

export async function scanPage(context: ReadContext, request: ScanRequest): Promise<ScanPage> {
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
    const limit = this.#limit()
    const [more, partitions, found] = await Promise.all([
      this.#fillFrom(after.partition, range),
      this.#partitionsAt(tokens.first),
      next.first > next.last ? [] : this.#fetch(next, limit),
    ])
    if (more) {
      return true
    }
    for (const partition of partitions ?? []) {
      if (followsInToken(partition, after.partition)) {
        if (page.full || (await this.#fillFrom(partition, this.#range))) {
          return true
        }
      }
    }
    if (page.full) {
      return found === undefined || found.length > 0
    }
    return next.first > next.last ? false : this.fillFromRing(next, { rows: found, limit })
  }

  async fillFromRing(
    tokens: TokenRange,
    fetched?: { readonly rows: types.Row[] | undefined; readonly limit: number },
  ): Promise<boolean> {
    const page = this.#page
    const left = [tokens]
    let ready = fetched
    for (let part = left.pop(); part !== undefined; part = left.pop()) {
      const limit = ready?.limit ?? this.#limit()
      const found = ready === undefined ? await this.#fetch(part, limit) : ready.rows
      ready = undefined
      let more = false
      if (found === undefined && part.first === part.last) {
        more = await this.#fillFromToken(part.first)
      } else if (found === undefined) {
        left.push(...splitTokens(part).reverse())
      } else {
        more = await this.#takeFromRing(found, limit, part)
      }
      if (more || page.full) {
        return more || left.length > 0
      }
    }
    return false
  }

  async #takeFromRing(found: types.Row[], limit: number, part: TokenRange): Promise<boolean> {
    const rows = found.map((row) => scannedRowOf(row, row.partition)).filter((row) => row !== null)
    this.#context.sizes.note(this.#context.table.toString('hex'), rows)
    if (!this.#page.take(rows)) {
      return true
    }
    const last = found.at(-1)
    if (last === undefined || found.length < limit) {
      return false
    }
    if (this.#page.full) {
      return true
    }
    return this.fillAfter(
      { partition: last.partition, sort: last.sort },
      { first: last.place, last: part.last },
    )
  }

  /** Undefined: there is more to skip than Cassandra is willing to. */
  async #fetch({ first, last }: TokenRange, limit: number): Promise<types.Row[] | undefined> {
    const { session, statements, table } = this.#context
    const params = [new types.Uuid(table), first, last]
    try {
      return await session.read(
        boundedQuery(statements.scan, params, this.#range, limit),
        limit,
        rangeRead(this.#context),
      )
    } catch (error) {
      return undefinedIfDense(error)
    }
  }

  /** For a token at which a partition holds more deleted rows than a scan can skip. */
  async #fillFromToken(token: bigint): Promise<boolean> {
    const partitions = await this.#partitionsAt(token)
    if (partitions === undefined) {
      return fillFromDenseToken(this.#context, token, this.#range, this.#page)
    }
    for (const partition of partitions) {
      if (this.#page.full || (await this.#fillFrom(partition, this.#range))) {
        return true
      }
    }
    return false
  }

  #fillFrom(partition: Buffer, range: SortRange): Promise<boolean> {
    return fillFromPartition(this.#context, partition, {
      range,
      direction: 'forward',
      page: this.#page,
      convert: (row) => scannedRowOf(row, partition),
    })
  }

  /** Undefined: there is more to skip than Cassandra is willing to. */
  async #partitionsAt(token: bigint): Promise<Buffer[] | undefined> {
    const { session, statements, table } = this.#context
    const params = [token, PARTITIONS_AT_TOKEN_MAX]
    try {
      const rows = await session.read(
        { query: statements.partitionsAtToken, params },
        PARTITIONS_AT_TOKEN_MAX,
        rangeRead(this.#context),
      )
      return rows.filter((row) => isOfTable(row, table)).map((row) => row.partition)
    } catch (error) {
      return undefinedIfDense(error)
    }
  }

  #limit(): number {
    const { sizes, table } = this.#context
    return sizes.limitFor(table.toString('hex'), this.#page.left)
  }
}

/** Fills the page from the rows at one token, past any number of deleted ones. Should such a
 * partition share its token with another, rows of theirs may be missed. */
export function fillFromDenseToken(
  context: ReadContext,
  token: bigint,
  range: SortRange,
  page: Page<ScannedRow>,
): Promise<boolean> {
  const { session, statements, table } = context
  return fill(context, {
    range,
    direction: 'forward',
    page,
    fetch: (part, limit) =>
      session.read(
        boundedQuery(statements.atToken, [token], part, limit),
        limit,
        rangeRead(context),
      ),
    convert: (row) => (isOfTable(row, table) ? scannedRowOf(row, row.partition) : null),
  })
}

export function splitTokens({ first, last }: TokenRange): TokenRange[] {
  const parts: TokenRange[] = []
  const count = last - first + 1n
  for (let part = 0n; part < TOKEN_PARTS; part += 1n) {
    const start = first + (count * part) / TOKEN_PARTS
    const end = first + (count * (part + 1n)) / TOKEN_PARTS - 1n
    if (start <= end) {
      parts.push({ first: start, last: end })
    }
  }
  return parts
}

/** Only reads of one partition can be serial. */
export function rangeRead({ read }: ReadContext): ReadContext['read'] {
  return read.level === 'serial' ? { ...read, level: 'strong' } : read
}

export function undefinedIfDense(error: unknown): undefined {
  if (!(error instanceof DenseRangeError)) {
    throw error
  }
}

function tokenOf({ table }: ReadContext, partition: Buffer): bigint {
  return tokenNumber(partitionToken(table, partition))
}

function scannedRowOf(row: types.Row, partition: Buffer): ScannedRow | null {
  const found = rowOf(row)
  return found === null ? null : { ...found, partition }
}

function isOfTable(row: types.Row, table: Buffer): boolean {
  const id: types.Uuid = row.table_id
  return id.getBuffer().equals(table)
}

function laterOf(a: Buffer | undefined, b: Buffer): Buffer {
  return a === undefined || a.compare(b) < 0 ? b : a
}

function followsInToken(a: Buffer, b: Buffer): boolean {
  return a.length === b.length ? a.compare(b) > 0 : a.length > b.length
}
