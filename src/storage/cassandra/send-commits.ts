import { types } from 'cassandra-driver'
import type { Commit, CommitResult, CurrentRow, Requirement, TableId } from '../driver.ts'
import { commitFailureOf } from './errors.ts'
import { isLandmark } from './landmarks.ts'
import { lockOf } from './rows.ts'
import type { Query, Session } from './session.ts'
import type { Condition, Statements } from './statements.ts'

/** Sends commits that write different rows of one partition as one conditional batch. */
export async function commitAll(
  session: Session,
  statements: Statements,
  place: { readonly table: TableId; readonly partition: Buffer },
  commits: readonly Commit[],
  deadline: number,
): Promise<CommitResult> {
  const tableId = new types.Uuid(place.table)
  const queries = commits.flatMap((commit) =>
    queriesOf(statements, tableId, place.partition, commit),
  )
  try {
    const rows = await session.commit(queries, deadline)
    return rows[0]?.['[applied]'] === true
      ? { outcome: 'applied' }
      : { outcome: 'refused', current: currentRows(rows, commits) }
  } catch (error) {
    return commitFailureOf(error, session.levels.serial)
  }
}

function queriesOf(
  statements: Statements,
  tableId: types.Uuid,
  partition: Buffer,
  commit: Commit,
): Query[] {
  const required = new Map(commit.require.map((row) => [nameOf(row.sort), row]))
  const key = (sort: Buffer) => {
    const requirement = required.get(nameOf(sort))
    const exact = requirement?.version ? [requirement.version] : []
    return { condition: conditionOf(requirement), params: [tableId, partition, sort, ...exact] }
  }
  const written = new Set([...commit.put.map(({ sort }) => sort), ...commit.delete].map(nameOf))
  const onlyRequired = commit.require.filter(({ sort }) => !written.has(nameOf(sort)))
  return [
    ...onlyRequired.map(({ sort }) => ({ query: statements.require, params: key(sort).params })),
    ...commit.put.map((row) => {
      const { condition, params } = key(row.sort)
      const columns = [row.value, row.size, commit.id, BigInt(row.expiresAt)]
      return { query: statements.put[condition], params: [...columns, ...params] }
    }),
    ...commit.delete.map((sort, index) => {
      const { condition, params } = key(sort)
      const kind = isLandmark(commit.id, index) ? 'landmark' : 'delete'
      return { query: statements[kind][condition], params }
    }),
  ]
}

function nameOf(sort: Buffer): string {
  return sort.toString('latin1')
}

function conditionOf(requirement: Requirement | undefined): Condition {
  if (requirement === undefined) return 'none'
  if (requirement.version === undefined) return 'any'
  return requirement.version === null ? 'absent' : 'exact'
}

/** A refused batch returns the required rows that exist, once each. If none does, it returns one
 * row without a key. */
function currentRows(rows: readonly types.Row[], commits: readonly Commit[]): CurrentRow[] {
  const found = new Map<string, CurrentRow>()
  for (const row of rows) {
    const sort: Buffer | undefined = row.sort
    if (sort !== undefined) {
      found.set(nameOf(sort), { sort, version: row.version ?? null, lock: lockOf(row) })
    }
  }
  return commits.flatMap((commit) =>
    commit.require.map(
      ({ sort }) => found.get(nameOf(sort)) ?? { sort, version: null, lock: null },
    ),
  )
}
