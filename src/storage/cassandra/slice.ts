import { types } from 'cassandra-driver'
import type { ReadOptions, Row, SortRange, TableId } from '../driver.ts'
import { DenseRangeError, unavailable } from './errors.ts'
import type { Page } from './page.ts'
import type { RowSizes } from './row-sizes.ts'
import type { Query, Session } from './session.ts'
import { justAfter, splitRange } from './sort-ranges.ts'
import type { Statements } from './statements.ts'

export type Direction = 'forward' | 'backward'

/** What the reads of one call share. */
export interface ReadContext {
  readonly session: Session
  readonly statements: Statements
  readonly sizes: RowSizes
  readonly table: TableId
  readonly read: ReadOptions
}

export interface Walk<R extends Row> {
  readonly range: SortRange
  readonly direction: Direction
  readonly page: Page<R>
  /** Fetches at most `limit` rows of a range, in the walk's direction. */
  readonly fetch: (range: SortRange, limit: number) => Promise<types.Row[]>
  readonly convert: (row: types.Row) => R | null
}

/** Fills the page from one partition; whether rows may follow. */
export function fillFromPartition<R extends Row>(
  context: ReadContext,
  partition: Buffer,
  walk: Omit<Walk<R>, 'fetch'>,
): Promise<boolean> {
  const { session, statements, read } = context
  const texts = statements.slice[walk.direction]
  const key = [new types.Uuid(context.table), partition]
  const fetch = (range: SortRange, limit: number) =>
    session.read(boundedQuery(texts, key, range, limit), limit, read)
  return fill(context, { ...walk, fetch })
}

export function boundedQuery(
  texts: Record<'bounded' | 'open', string>,
  params: readonly unknown[],
  { from = Buffer.alloc(0), to }: SortRange,
  limit: number,
): Query {
  return to === undefined
    ? { query: texts.open, params: [...params, from, limit] }
    : { query: texts.bounded, params: [...params, from, to, limit] }
}

/**
 * Usually one fetch. A second one when the rows are smaller than this process knew; and where
 * there are more deleted rows than Cassandra is willing to skip, the range in parts, one by one.
 */
export async function fill<R extends Row>(context: ReadContext, walk: Walk<R>): Promise<boolean> {
  const { direction, page } = walk
  const forward = direction === 'forward'
  const table = context.table.toString('hex')
  const left = [walk.range]
  for (let part = left.pop(); part !== undefined; part = left.pop()) {
    const limit = context.sizes.limitFor(table, page.left)
    const found = await fetchOrSplit(walk, part, limit)
    if (found.parts !== undefined) {
      left.push(...(forward ? found.parts.reverse() : found.parts))
      continue
    }
    const rows = found.rows.map(walk.convert).filter((row) => row !== null)
    context.sizes.note(table, rows)
    if (!page.take(rows)) {
      return true
    }
    const last = found.rows.at(-1)
    if (last !== undefined && found.rows.length >= limit) {
      left.push(forward ? { ...part, from: justAfter(last.sort) } : { ...part, to: last.sort })
    }
    if (page.full) {
      return left.length > 0
    }
  }
  return false
}

async function fetchOrSplit<R extends Row>(
  { fetch }: Walk<R>,
  range: SortRange,
  limit: number,
): Promise<{ rows: types.Row[]; parts?: undefined } | { parts: SortRange[] }> {
  try {
    return { rows: await fetch(range, limit) }
  } catch (error) {
    const parts = error instanceof DenseRangeError ? splitRange(range) : []
    if (parts.length > 1) {
      return { parts }
    }
    throw unavailable(error)
  }
}
