import type { types } from 'cassandra-driver'
import type { Row, SortRange } from '../driver.ts'
import type { Page } from '../page.ts'
import { DenseRangeError, ReadTimeoutError } from './errors.ts'
import { type Fetched, fetchRows, type ReadContext } from './fetch.ts'
import type { Pace, PageEnd } from './reads/pace.ts'

export type Direction = 'forward' | 'backward'

export interface Walk<R extends Row> {
  readonly range: SortRange
  readonly direction: Direction
  readonly page: Page<R>
  readonly pace: Pace
  readonly convert: (row: types.Row) => R | null
}

/** Fills the page from one partition. Usually one fetch; more for many small rows or landmarks. */
export async function fillFromPartition<R extends Row>(
  context: ReadContext,
  partition: Buffer,
  walk: Walk<R>,
): Promise<PageEnd<Buffer>> {
  const { direction, page, pace } = walk
  let { range } = walk
  let reached: Buffer | undefined
  for (;;) {
    const found = await fetchFewer(context, partition, { ...walk, range }).catch((error) => {
      if (!(error instanceof ReadTimeoutError) || reached === undefined) throw error
      return null
    })
    // The next page begins with a smaller read.
    if (found === null) return { more: true, ...(reached && { reached }) }
    const rows = found.rows.map(walk.convert).filter((row) => row !== null)
    context.sizes.note(context.table.toString('hex'), rows)
    pace.note(found.rows.length, rows.length)
    if (!page.take(rows)) return { more: true }
    const last: Buffer | undefined = found.rows.at(-1)?.sort
    if (last === undefined || !found.more) return { more: false }
    if (page.full) return { more: true }
    if (pace.isOver(rows.length)) return { more: true, reached: last }
    reached = last
    range = direction === 'forward' ? { ...range, from: justAfter(last) } : { ...range, to: last }
  }
}

/** Asks for fewer rows where Cassandra refuses to pass the tombstones. */
async function fetchFewer<R extends Row>(
  context: ReadContext,
  partition: Buffer,
  walk: Walk<R>,
): Promise<Fetched> {
  const texts = context.statements.slice[walk.direction]
  for (;;) {
    try {
      return await fetchRows(context, texts, [partition], walk.range, walk)
    } catch (error) {
      if (!(error instanceof DenseRangeError)) throw error
      walk.pace.narrow(error)
    }
  }
}

/** The first sort after `sort`, as an inclusive bound. */
export function justAfter(sort: Buffer): Buffer {
  return Buffer.concat([sort, Buffer.alloc(1)])
}
