import { setTimeout as delay } from 'node:timers/promises'
import { MagnetoDBError } from '../../model/errors.ts'
import {
  type Commit,
  type CommitResult,
  type CurrentRow,
  type JournalRow,
  type Reserve,
  type StorageDriver,
  StorageUnavailableError,
  type TableId,
} from '../../storage/driver.ts'

/** A commit whose outcome is certain. */
export type SettledCommit = Exclude<CommitResult, { outcome: 'unknown' }>

const SETTLE_ATTEMPTS_MAX = 6
const SETTLE_DELAY_MIN_MS = 20
/** Milliseconds before the request's deadline, after which no further attempt starts. */
const SETTLE_MARGIN_MS = 50

/**
 * Commits. If the storage engine cannot tell the outcome, finds it out. Rejects with
 * `write_outcome_unknown` if that fails; reports a refusal only if it is certain.
 *
 * A commit that requires a version of every row is repeated with the same id: it cannot apply
 * twice, because versions never recur. Other commits are not repeated: an unconditional write could
 * undo a later one, and a commit that requires absence could apply again after a delete. For these,
 * only the rows can show that they were applied. A delete leaves no row, so it counts as applied
 * if its rows are gone, unless it may still be carried out on later rows.
 * docs/adr/0006-unknown-outcomes.md
 */
export async function settledCommit(
  driver: StorageDriver,
  table: TableId,
  partition: Buffer,
  commit: Commit,
  deadline: number,
): Promise<SettledCommit> {
  const result = await driver.commit(table, partition, commit, deadline)
  if (result.outcome !== 'unknown') return result
  const { underWay } = result
  const isGuarded = commit.require.every(({ version }) => version)
  const settle = isGuarded ? repeat : inspect
  for await (const _ of attempts(deadline)) {
    const settling = settle(driver, table, partition, commit, deadline, underWay)
    const settled = await settling.catch(notLearned)
    if (settled === 'for ever open') break
    if (settled) return settled
  }
  const reason = { is: 'write_outcome_unknown', underWay: underWay && !isGuarded } as const
  throw new MagnetoDBError(reason, { cause: result.cause })
}

/** Appends to a journal and retries failures. Appending the same rows twice is harmless. */
export async function repeatedAppend(
  driver: StorageDriver,
  table: TableId,
  partition: Buffer,
  rows: readonly JournalRow[],
  deadline: number,
  reserve?: Reserve,
): Promise<void> {
  const repeats = attempts(deadline)
  for (;;) {
    try {
      return await driver.append(table, partition, rows, deadline, reserve)
    } catch (error) {
      if (!(error instanceof StorageUnavailableError)) throw error
      if ((await repeats.next()).done) throw error
    }
  }
}

/** Attempts to settle one commit or append, with growing pauses between them. */
async function* attempts(deadline: number): AsyncGenerator<void> {
  for (let attempt = 0; attempt < SETTLE_ATTEMPTS_MAX; attempt++) {
    if (deadline - performance.now() < SETTLE_MARGIN_MS) return
    yield
    await delay(Math.random() * SETTLE_DELAY_MIN_MS * 2 ** attempt)
  }
}

/** The result of one attempt: settled, open for now (undefined), or impossible to settle. */
type Settled = SettledCommit | 'for ever open' | undefined

/** An unreachable storage leaves the outcome open. Any other error is a bug and is thrown. */
function notLearned(error: unknown): undefined {
  if (!(error instanceof StorageUnavailableError)) throw error
}

async function repeat(
  driver: StorageDriver,
  table: TableId,
  partition: Buffer,
  commit: Commit,
  deadline: number,
): Promise<Settled> {
  const result = await driver.commit(table, partition, commit, deadline)
  if (result.outcome === 'unknown') return undefined
  if (result.outcome === 'applied') return result
  const found = result.outcome === 'refused' && showsCommit(result.current, commit)
  return found ? { outcome: 'applied' } : 'for ever open'
}

/** Whether a row that the commit put carries its id. */
function showsCommit(current: readonly CurrentRow[], commit: Commit): boolean {
  const put = new Set(commit.put.map(({ sort }) => sort.toString('latin1')))
  return current.some(
    ({ sort, version }) => put.has(sort.toString('latin1')) && version?.equals(commit.id),
  )
}

async function inspect(
  driver: StorageDriver,
  table: TableId,
  partition: Buffer,
  commit: Commit,
  deadline: number,
  underWay: boolean,
): Promise<Settled> {
  const sorts = commit.require.map(({ sort }) => sort)
  const rows = await driver.getMany(table, partition, sorts, { level: 'serial', deadline })
  const current = rows.map((row, i) => ({
    sort: sorts[i] as Buffer,
    version: row?.version ?? null,
    lock: row?.lock ?? null,
  }))
  const deletesOnly = commit.put.length === 0
  const unconditional = commit.require.every(({ version }) => version === undefined)
  const gone = current.every(({ version }) => version === null)
  const isDeleted = deletesOnly && unconditional && gone && !underWay
  return showsCommit(current, commit) || isDeleted ? { outcome: 'applied' } : 'for ever open'
}
