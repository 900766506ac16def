import { types } from 'cassandra-driver'
import type { ReadOptions, Row, SortRange, TableId } from '../driver.ts'
import type { Page } from '../page.ts'
import { DenseRangeError } from './errors.ts'
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
  readonly convert: (row: types.Row) => R | null
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
 * Fills the page from one partition; whether rows may follow. Usually one fetch. A second one when
 * the rows are smaller than this process knew; and where there are more deleted rows than Cassandra
 * is willing to skip, the range in parts, one by one.
 */
export async function fillFromPartition<R extends Row>(
  context: ReadContext,
  partition: Buffer,
  walk: Walk<R>,
): Promise<boolean> {
  const { direction, page } = walk
  const forward = direction === 'forward'
  const table = context.table.toString('hex')
  const left = [walk.range]
  for (let part = left.pop(); part !== undefined; part = left.pop()) {
    const limit = context.sizes.limitFor(table, page.left)
    const found = await fetchOrSplit(context, partition, direction, part, limit)
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

async function fetchOrSplit(
  { session, statements, table, read }: ReadContext,
  partition: Buffer,
  direction: Direction,
  range: SortRange,
  limit: number,
): Promise<{ rows: types.Row[]; parts?: undefined } | { parts: SortRange[] }> {
  const key = [new types.Uuid(table), partition]
  const query = boundedQuery(statements.slice[direction], key, range, limit)
  try {
    return { rows: await session.read(query, limit, read) }
  } catch (error) {
    const parts = error instanceof DenseRangeError ? splitRange(range) : []
    if (parts.length > 1) {
      return { parts }
    }
    throw error
  }
}
