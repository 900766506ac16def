/** Fetches a page's rows with a bounded number of bytes. LIMIT counts rows, and one row may be as
 * long as a million others. So the first fetch of a page asks for few rows. If they do not fill the
 * page, the sizes of the next rows are read to compute how many are needed. */
import { types } from 'cassandra-driver'
import type { ReadOptions, Row, SortRange, TableId } from '../driver.ts'
import type { Page } from '../page.ts'
import { DenseRangeError } from './errors.ts'
import type { Pace } from './reads/pace.ts'
import type { ReadTurns } from './reads/read-turns.ts'
import { type RowSizes, rowsOf, SIZES_ROWS_MAX, UNSEEN_ROWS_MAX } from './row-sizes.ts'
import type { Query, Session } from './session.ts'
import type { RangeTexts, Statements } from './statements.ts'

/** Shared by the reads of one call. */
export interface ReadContext {
  readonly session: Session
  readonly statements: Statements
  readonly sizes: RowSizes
  readonly turns: ReadTurns
  readonly table: TableId
  readonly read: ReadOptions
}

export interface Fetched {
  readonly rows: types.Row[]
  /** False: no rows follow. */
  readonly more: boolean
  /** Milliseconds from the reads to their answers. */
  readonly readMs: number
}

/** Sizes read per row of the page. Reading more could time out where large rows follow small
 * ones. */
const LOOK_AHEAD_FACTOR = 16

/** `params` come after the table's id and before the range. */
export async function fetchRows<R extends Row>(
  { session, sizes, turns, table, read }: ReadContext,
  texts: RangeTexts,
  params: readonly unknown[],
  range: SortRange,
  { page, pace }: { readonly page: Page<R>; readonly pace: Pace },
): Promise<Fetched> {
  const name = table.toString('hex')
  const key = [new types.Uuid(table), ...params]
  let readMs = 0
  const select = (what: keyof RangeTexts, limit: number, isExact: boolean) =>
    turns.run({ table: name, limit, isExact, deadline: read.deadline }, async () => {
      const begun = performance.now()
      const rows = await session.read(boundedQuery(texts[what], key, range, limit), limit, read)
      const tookMs = performance.now() - begun
      readMs += tookMs
      pace.took(rows.length, tookMs)
      return rows
    })
  const fetch = async (limit: number, isExact = false): Promise<Fetched> => {
    const rows = await select('rows', limit, isExact)
    return { rows, more: rows.length >= limit, readMs }
  }
  const isFirst = page.rows.length === 0
  // Sizes differ within a table: an index entry may have a thousandth of its item's size. The
  // page's latest rows predict the next ones best.
  const likely = isFirst ? sizes.likelyRows(name, page.left) : rowsOf(page.meanBytes, page.left)
  if (!isFirst && likely > UNSEEN_ROWS_MAX && pace.sizesMax > 0) {
    const ahead = Math.min(LOOK_AHEAD_FACTOR * page.rows.length, pace.sizesMax, SIZES_ROWS_MAX)
    const asked = Math.min(likely, ahead)
    const room = page.left.bytes
    const found = await select('sizes', asked, false)
    if (found.length === 0) return { rows: [], more: false, readMs }
    const fitting = rowsWithin(found, room)
    // With a limit above the number of existing rows, the answer shows that no rows follow.
    return fetch(found.length < asked && fitting === found.length ? fitting + 1 : fitting, true)
  }
  const rowsMax = Math.min(sizes.boundedRows(name, pace.run), pace.rowsMax)
  try {
    // In a run of landmarks the next places may all be landmarks.
    return await fetch(pace.run > 0 ? rowsMax : Math.min(likely, rowsMax))
  } catch (error) {
    sizes.forget(name)
    throw error
  }
}

/** Reads rows of unknown size, as many at once as is safe. If Cassandra refuses, it may limit the
 * bytes of a read (docs/operating/cassandra.md), so fewer rows are tried. */
export async function boundedRead<T>(
  sizes: RowSizes,
  table: TableId,
  read: (rowsMax: number) => Promise<T>,
): Promise<T> {
  const name = table.toString('hex')
  const rowsMax = sizes.boundedRows(name)
  try {
    return await read(rowsMax)
  } catch (error) {
    sizes.forget(name)
    if (error instanceof DenseRangeError && rowsMax > UNSEEN_ROWS_MAX) return read(UNSEEN_ROWS_MAX)
    throw error
  }
}

/** Number of the next rows that fill a page with this many bytes left. Landmarks need no bytes;
 * their size is negative. */
function rowsWithin(sizes: readonly types.Row[], bytes: number): number {
  let sum = 0
  const last = sizes.findIndex(({ size }) => {
    sum += Math.max(0, size ?? 0)
    return sum >= bytes
  })
  return last < 0 ? sizes.length : last + 1
}

export function boundedQuery(
  texts: RangeTexts[keyof RangeTexts],
  params: readonly unknown[],
  { from = Buffer.alloc(0), to }: SortRange,
  limit: number,
): Query {
  return to === undefined
    ? { query: texts.open, params: [...params, from, limit] }
    : { query: texts.bounded, params: [...params, from, to, limit] }
}
