import { types } from 'cassandra-driver'
import type { SortPage, SortRange } from '../driver.ts'
import { DenseRangeError, ReadTimeoutError } from './errors.ts'
import { boundedQuery, type ReadContext } from './fetch.ts'
import { Pace } from './reads/pace.ts'
import { justAfter } from './slice.ts'

/** Keys of one fetch. The longest take 3 kB each. */
const KEYS_PER_FETCH_MAX = 1000

/** The keys of a partition's rows. Cassandra skips the values. */
export async function readSorts(
  { session, statements, table, read }: Omit<ReadContext, 'sizes' | 'turns'>,
  partition: Buffer,
  { from = Buffer.alloc(0), to }: SortRange,
  rows: number,
): Promise<SortPage> {
  const key = [new types.Uuid(table), partition]
  const sorts: Buffer[] = []
  const pace = new Pace(read.deadline)
  let fetchMax = KEYS_PER_FETCH_MAX
  for (let next = from; ; ) {
    const limit = Math.min(rows - sorts.length, fetchMax)
    const query = boundedQuery(statements.sorts, key, { from: next, ...(to && { to }) }, limit)
    const begun = performance.now()
    const found = await session.read(query, limit, read).catch((error) => {
      if (!(error instanceof DenseRangeError || error instanceof ReadTimeoutError)) throw error
      pace.narrow(error)
      fetchMax = pace.rowsMax
      return null
    })
    if (found === null) continue
    pace.took(found.length, performance.now() - begun)
    // A place without a version is a landmark or a lock.
    const some = found.filter(({ version }) => version !== null).map(({ sort }) => sort)
    sorts.push(...some)
    pace.note(found.length, some.length)
    const last = found.at(-1)
    if (last === undefined || found.length < limit) return { sorts, more: false }
    if (sorts.length >= rows) return { sorts, more: true }
    if (pace.isOver(some.length)) return { sorts, more: true, reached: last.sort }
    if (pace.run > 0) fetchMax = pace.rowsMax
    next = justAfter(last.sort)
  }
}
