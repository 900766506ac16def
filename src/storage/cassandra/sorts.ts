import { types } from 'cassandra-driver'
import type { SortPage, SortRange } from '../driver.ts'
import type { ReadContext } from './fetch.ts'
import { justAfter } from './sort-ranges.ts'

/** The longest keys are 3 kB each. */
const KEYS_PER_FETCH_MAX = 1000

/** The keys of a partition's rows: Cassandra passes over the values. */
export async function readSorts(
  { session, statements, table, read }: Omit<ReadContext, 'sizes'>,
  partition: Buffer,
  { from = Buffer.alloc(0), to }: SortRange,
  rows: number,
): Promise<SortPage> {
  const key = [new types.Uuid(table), partition]
  const texts = statements.sorts
  const sorts: Buffer[] = []
  for (let next = from; ; ) {
    const limit = Math.min(rows - sorts.length, KEYS_PER_FETCH_MAX)
    const query =
      to === undefined
        ? { query: texts.open, params: [...key, next, limit] }
        : { query: texts.bounded, params: [...key, next, to, limit] }
    const found = await session.read(query, limit, read)
    // Where there is no version, there is no row, only a trace of a lock.
    for (const { sort, version } of found) if (version !== null) sorts.push(sort)
    const last = found.at(-1)
    if (last === undefined || found.length < limit) return { sorts, more: false }
    if (sorts.length >= rows) return { sorts, more: true }
    next = justAfter(last.sort)
  }
}
