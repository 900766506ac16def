import { types } from 'cassandra-driver'
import { APPENDED_VERSION, type JournalRow, type TableId } from '../driver.ts'
import type { Session } from './session.ts'
import type { Statements } from './statements.ts'

const BATCH_ROWS_MAX = 25

/** Writes rows of a journal, in plain batches of one partition. */
export async function appendRows(
  session: Session,
  statements: Statements,
  { table, partition }: { readonly table: TableId; readonly partition: Buffer },
  rows: readonly JournalRow[],
  deadline: number,
): Promise<void> {
  const queries = rows.map(({ sort, value }) => ({
    query: statements.append,
    params: [value, value.length, APPENDED_VERSION, new types.Uuid(table), partition, sort],
  }))
  for (let start = 0; start < queries.length; start += BATCH_ROWS_MAX) {
    await session.write(queries.slice(start, start + BATCH_ROWS_MAX), deadline)
  }
}
