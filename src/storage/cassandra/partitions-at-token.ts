import type { types } from 'cassandra-driver'
import { DenseRangeError } from './errors.ts'
import type { ReadContext } from './fetch.ts'
import type { ReadAt } from './session.ts'

const PARTITIONS_PER_FETCH = 1000

/** A table's partitions with this token, fetched on demand. */
export async function* partitionsAtToken(
  {
    session,
    statements,
    table,
    read,
  }: Pick<ReadContext, 'session' | 'statements' | 'table'> & { readonly read: ReadAt },
  token: bigint,
): AsyncGenerator<Buffer, undefined> {
  const query = { query: statements.partitionsAtToken, params: [token] }
  let fetched = 0
  try {
    for await (const rows of session.pages(query, PARTITIONS_PER_FETCH, read)) {
      fetched += 1
      for (const row of rows) {
        const id: types.Uuid = row.table_id
        if (id.getBuffer().equals(table)) yield row.partition
      }
    }
  } catch (error) {
    // The first partition begins with more tombstones than Cassandra passes. Only a crafted
    // partition could share its token.
    if (!(error instanceof DenseRangeError) || fetched > 0) throw error
  }
}
