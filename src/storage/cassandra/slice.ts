import type { types } from 'cassandra-driver'
import type { Row, SortRange } from '../driver.ts'
import type { Page } from '../page.ts'
import { DenseRangeError } from './errors.ts'
import { type Fetched, fetchRows, type ReadContext } from './fetch.ts'
import { justAfter, splitRange } from './sort-ranges.ts'

export type Direction = 'forward' | 'backward'

export interface Walk<R extends Row> {
  readonly range: SortRange
  readonly direction: Direction
  readonly page: Page<R>
  readonly convert: (row: types.Row) => R | null
}

/**
 * Fills the page from one partition; whether rows may follow. Usually one fetch; more where the
 * rows are many and small, and where there are more deleted rows than Cassandra is willing to skip,
 * the range in parts, one by one.
 */
export async function fillFromPartition<R extends Row>(
  context: ReadContext,
  partition: Buffer,
  walk: Walk<R>,
): Promise<boolean> {
  const { direction, page } = walk
  const forward = direction === 'forward'
  const left = [walk.range]
  for (let part = left.pop(); part !== undefined; part = left.pop()) {
    const found = await fetchOrSplit(context, partition, { ...walk, range: part })
    if ('parts' in found) {
      left.push(...(forward ? found.parts.reverse() : found.parts))
      continue
    }
    const rows = found.rows.map(walk.convert).filter((row) => row !== null)
    context.sizes.note(context.table.toString('hex'), rows)
    if (!page.take(rows)) return true
    const last = found.rows.at(-1)
    if (last !== undefined && found.more) {
      left.push(forward ? { ...part, from: justAfter(last.sort) } : { ...part, to: last.sort })
    }
    if (page.full) return left.length > 0
  }
  return false
}

async function fetchOrSplit<R extends Row>(
  context: ReadContext,
  partition: Buffer,
  { direction, range, page }: Walk<R>,
): Promise<Fetched | { readonly parts: SortRange[] }> {
  const texts = context.statements.slice[direction]
  try {
    return await fetchRows(context, texts, [partition], range, page)
  } catch (error) {
    const parts = error instanceof DenseRangeError ? splitRange(range) : []
    if (parts.length > 1) {
      return { parts }
    }
    throw error
  }
}
