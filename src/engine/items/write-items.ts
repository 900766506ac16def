import { MagnetoDBError } from '../../model/errors.ts'
import { isSteps, type Stepped, type Steps, settled } from '../../model/steps.ts'
import type { Commit, PutRow, Requirement, Row } from '../../storage/driver.ts'
import { type ActiveTable, StaleDefinitionError } from '../catalogue/active-table.ts'
import type { StorableItem } from '../format/storable-item.ts'
import { StoredItem } from '../format/stored-item.ts'
import { rowSizeBytes } from '../format/value-codec.ts'
import { newVersion } from '../format/version.ts'
import { indexEntries, indexEntrySorts } from '../indexes/local-index.ts'
import type { WorkContext } from '../operation-context.ts'
import { type ExpiringWrite, type JournalParts, journalExpiries } from './journal-expiries.ts'
import { RACE_ATTEMPTS_MAX, waitAfterRace } from './lost-race.ts'
import { settledCommit } from './settled-commit.ts'
import type { Turns } from './turns.ts'

/** What a write does to one item: put, delete, or nothing (null). */
export type Change =
  | (Seen & { readonly put: StorableItem; readonly expiresAt: number })
  | (Seen & { readonly put?: never })
  | null

interface Seen {
  /** The item that is replaced, if the caller asked for it. */
  readonly old?: StoredItem | null
}

/** A write of one item. */
export interface ItemWrite extends ExpiringWrite {
  /** `change` does not need the stored item, and gets null in any case. */
  readonly blind: boolean
  /** Returns the item to put, `{}` to delete it if it exists, or null to change nothing. Called
   * again with the newer item if another write came first. Throws to refuse the whole write. */
  change(old: StoredItem | null): Stepped<Change>
}

/**
 * Writes items of one partition with their index entries: all of them, or none if a `change` throws
 * or the commit fails. One round trip if all writes are blind and the table has no index, else two,
 * and two more for each race lost to another write.
 *
 * @returns the change of each write
 */
export async function writeItems(
  parts: JournalParts,
  context: WorkContext,
  table: ActiveTable,
  partition: Buffer,
  writes: readonly ItemWrite[],
): Promise<readonly Change[]> {
  const { storage, deadline } = context
  // In parallel with the read, if there is one.
  const journalled = journalExpiries(parts, context, table, partition, writes)
  // Awaited later, or never if the read fails first.
  journalled?.catch(() => {})
  for (let attempt = 0; attempt < RACE_ATTEMPTS_MAX; attempt++) {
    const { commit, changes } = await nextCommit(context, table, partition, writes, journalled)
    if (commit.require.length === 0) return changes
    const result = await settledCommit(storage, table.id, partition, commit, deadline)
    if (result.outcome === 'applied') return changes
    if (result.outcome === 'fenced') throw new StaleDefinitionError()
    if (!(await waitAfterRace(attempt, deadline))) break
  }
  throw new MagnetoDBError({ is: 'too_many_item_writes' })
}

/** Like `writeItems` for one item, one after another with this process's other writes of it. */
export async function writeItem(
  engine: JournalParts & { readonly turns: Turns },
  context: WorkContext,
  table: ActiveTable,
  partition: Buffer,
  write: ItemWrite,
): Promise<readonly Change[]> {
  const work = () => writeItems(engine, context, table, partition, [write])
  if (write.blind && !readsOldItems(table)) return work()
  const row = Buffer.concat([table.id, partition, write.sort]).toString('latin1')
  return engine.turns.take(row, work)
}

interface NextCommit {
  readonly commit: Commit
  readonly changes: readonly Change[]
}

/** A separate function, so that the rows it reads can be freed while the commit runs. */
async function nextCommit(
  context: WorkContext,
  table: ActiveTable,
  partition: Buffer,
  writes: readonly ItemWrite[],
  journalled: Promise<unknown> | undefined,
): Promise<NextCommit> {
  const blind = !readsOldItems(table) && writes.every((write) => write.blind)
  const rows = blind ? null : await readRows(context, table, partition, writes)
  if (journalled) await journalled
  const [only] = writes
  if (only && writes.length === 1 && !readsOldItems(table)) {
    const row = rows?.[0] ?? null
    const old = row && new StoredItem(row)
    const change = only.change(old)
    if (!isSteps(change)) return commitOf(table, rows !== null, only, row, change)
    return context.work.finish(stepsToCommit(table, rows !== null, only, row, change))
  }
  return context.work.finish(buildCommit(table, writes, rows))
}

/** Whether every write reads what it replaces, for its index entries. */
export function readsOldItems({ definition }: ActiveTable): boolean {
  return definition.indexes.length > 0
}

async function readRows(
  { storage, deadline }: WorkContext,
  table: ActiveTable,
  partition: Buffer,
  writes: readonly ItemWrite[],
): Promise<readonly (Row | null)[]> {
  const read = { level: 'strong', deadline } as const
  const [only] = writes
  if (writes.length === 1 && only) return [await storage.get(table.id, partition, only.sort, read)]
  const sorts = writes.map(({ sort }) => sort)
  return storage.getMany(table.id, partition, sorts, read)
}

function* stepsToCommit(
  table: ActiveTable,
  hasRead: boolean,
  write: ItemWrite,
  row: Row | null,
  steps: Steps<Change>,
): Steps<NextCommit> {
  return commitOf(table, hasRead, write, row, yield* steps)
}

/** The commit of the most frequent case: one write in a table without indexes. */
function commitOf(
  { fence }: ActiveTable,
  hasRead: boolean,
  { sort }: ItemWrite,
  row: Row | null,
  change: Change,
): NextCommit {
  const isNothing = change === null || (hasRead && row === null && !change.put)
  const put = change?.put ? [itemRow(sort, change)] : []
  return {
    changes: [change],
    commit: {
      id: newVersion(),
      require: isNothing ? [] : [requirementOf(sort, hasRead, row)],
      put: isNothing ? [] : put,
      delete: isNothing || change.put ? [] : [sort],
      fence,
    },
  }
}

/** Copies the version, because a slice would keep the whole buffer that was read in memory. */
function requirementOf(sort: Buffer, hasRead: boolean, row: Row | null): Requirement {
  return hasRead ? { sort, version: row && Buffer.from(row.version) } : { sort }
}

function itemRow(
  sort: Buffer,
  { put, expiresAt }: { readonly put: StorableItem; readonly expiresAt: number },
): PutRow {
  const { sizeBytes, value } = put
  return { sort, value, size: rowSizeBytes(sizeBytes, value), expiresAt }
}

/** `rows` is null if the writes are blind. They then require only that the rows are not locked. */
function* buildCommit(
  table: ActiveTable,
  writes: readonly ItemWrite[],
  rows: readonly (Row | null)[] | null,
): Steps<NextCommit> {
  const { definition, fence } = table
  const changes: Change[] = []
  const require: Requirement[] = []
  const put: PutRow[] = []
  const removed: Buffer[] = []
  for (const [i, write] of writes.entries()) {
    const { sort } = write
    const row = rows?.[i] ?? null
    const old = row && new StoredItem(row)
    const change = yield* settled(write.change(old))
    changes.push(change)
    const absent = rows !== null && old === null
    if (change === null || (absent && !change.put)) continue
    require.push(requirementOf(sort, rows !== null, row))
    const written = change.put ? yield* putRows(definition, sort, change) : []
    put.push(...written)
    if (!change.put) removed.push(sort)
    if (old && readsOldItems(table)) {
      const oldEntries = indexEntrySorts(definition, yield* old.read())
      removed.push(...abandonedEntries(oldEntries, written))
    }
  }
  return { commit: { id: newVersion(), require, put, delete: removed, fence }, changes }
}

function* putRows(
  definition: ActiveTable['definition'],
  sort: Buffer,
  { put, expiresAt }: { readonly put: StorableItem; readonly expiresAt: number },
): Steps<PutRow[]> {
  const row = itemRow(sort, { put, expiresAt })
  if (definition.indexes.length === 0) return [row]
  return [row, ...(yield* indexEntries(definition, put, row))]
}

/** Old entries that no new entry replaces. */
function abandonedEntries(old: readonly Buffer[], replacing: readonly PutRow[]): Buffer[] {
  return old.filter((sort) => !replacing.some((row) => row.sort.equals(sort)))
}
