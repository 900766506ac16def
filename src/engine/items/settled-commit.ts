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
/** Serial reads and repeated commits must end before the request does. */
const SETTLE_MARGIN_MS = 50

/**
 * Commits, and finds out what became of it where the engine cannot tell. Throws
 * `write_outcome_unknown` when that stays open, never a refusal that is not certain.
 *
 * A commit that requires a version of every row is repeated with the same id: it cannot apply
 * twice, since a version never comes back. Any other is not (an unconditional write would undo one
 * that overtook it, one that requires absence could apply again after a delete); there only the
 * rows themselves can show that it was applied. A delete shows in no row, so it counts as applied
 * where its rows are gone, unless it may yet be carried out on later ones.
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

/** Appends to a journal, again while that is rejected: the same rows twice do no harm. */
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

/** Further looks at one commit or append, with growing pauses between them. */
async function* attempts(deadline: number): AsyncGenerator<void> {
  for (let attempt = 0; attempt < SETTLE_ATTEMPTS_MAX; attempt++) {
    if (deadline - performance.now() < SETTLE_MARGIN_MS) return
    yield
    await delay(Math.random() * SETTLE_DELAY_MIN_MS * 2 ** attempt)
  }
}

/** What a second look has shown: nothing yet, or that no later one can show more either. */
type Settled = SettledCommit | 'for ever open' | undefined

/** In time; anything but trouble with the engine is a defect of ours. */
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
