import './without-native-msgpackr.ts'
import { strict as assert } from 'node:assert'
import { resolve } from 'node:path'
import { open, type RootDatabase } from 'lmdb'
import { StorageUnavailableError } from '../driver.ts'
import { prepareFolder } from './data-file.ts'
import { LAYOUT_KEY } from './key.ts'
import { Presence } from './presence.ts'

export interface LmdbOptions {
  /** A directory. Created if missing. */
  readonly path: string
  /** Bytes of rows beyond which puts are refused. The file may grow larger, since LMDB does not at
   * once reuse free pages that are scattered or that a reader may still see. */
  readonly mapSizeBytes: number
}

export type Environment = RootDatabase<Buffer, Buffer>

export const PAGE_BYTES = 8192
const READERS_MAX = 1024
const LAYOUT = Buffer.from([1])

/** Encodes bytes as themselves. lmdb's own binary encoding allocates an ArrayBuffer for each key
 * and value, which makes reading a range three times as slow. */
const VALUES = {
  encode: (value: Buffer) => value,
  decode: (shared: Buffer, length: number) => copyOf(shared, 0, length),
}
const KEYS = {
  writeKey(key: Buffer, target: Buffer, start: number): number {
    target.set(key, start)
    return start + key.length
  },
  readKey: (shared: Buffer, start: number, end: number) => copyOf(shared, start, end),
}

/** The mode of the files that lmdb creates. Missing from its types. */
const OWNER_ONLY = { permissionsMode: 0o600 }

const OPEN_ATTEMPTS_MAX = 100

interface Opened {
  readonly environment: Environment
  readonly presence: Presence
}

interface Shared {
  readonly opened: Promise<Opened>
  users: number
}

/** One environment per process and path. Closing a second one would drop the file lock by which
 * other processes see that the first is in use. */
const shared = new Map<string, Shared>()

/** Opens or creates the database. Safe in several processes at once. */
export async function openEnvironment(options: LmdbOptions): Promise<Environment> {
  const path = resolve(options.path)
  const entry = shared.get(path) ?? { opened: openAlone(options), users: 0 }
  shared.set(path, entry)
  entry.users += 1
  try {
    return (await entry.opened).environment
  } catch (error) {
    release(path, entry)
    throw error
  }
}

export async function closeEnvironment(options: LmdbOptions): Promise<void> {
  const path = resolve(options.path)
  const entry = shared.get(path)
  if (entry !== undefined) {
    const { environment, presence } = await entry.opened
    if (!release(path, entry)) return
    await environment.close()
    await presence.close()
  }
}

/** Returns whether that was the last user. */
function release(path: string, entry: Shared): boolean {
  entry.users -= 1
  if (entry.users === 0) shared.delete(path)
  return entry.users === 0
}

async function openAlone(options: LmdbOptions): Promise<Opened> {
  const path = resolve(options.path)
  prepareFolder(path)
  const presence = await Presence.show(path)
  try {
    return { environment: await openOnLatest(options), presence }
  } catch (error) {
    await presence.close()
    throw error
  }
}

async function openOnLatest(options: LmdbOptions): Promise<Environment> {
  for (let attempt = 0; attempt < OPEN_ATTEMPTS_MAX; attempt += 1) {
    const environment = openOnce(options)
    const layout = environment.transactionSync(() => layoutOf(environment))
    if (layout?.equals(LAYOUT)) return environment
    await environment.close()
    if (layout !== null) {
      throw new Error(`${options.path} has a database of layout ${layout.toString('hex')}`)
    }
  }
  throw new StorageUnavailableError('too many processes open the LMDB database at once')
}

function openOnce(options: LmdbOptions): Environment {
  return open<Buffer, Buffer>({
    path: options.path,
    noSubdir: false,
    encoding: 'binary',
    encoder: VALUES,
    keyEncoder: KEYS,
    pageSize: PAGE_BYTES,
    maxDbs: 1,
    maxReaders: READERS_MAX,
    // Address space reserved, not a limit: lmdb enlarges a full map until the disk is full.
    mapSize: options.mapSizeBytes,
    // Both modes have lost commits, but this one can be guarded: docs/adr/0003-lmdb-layout.md.
    overlappingSync: false,
    ...OWNER_ONLY,
    // `GroupCommit` groups commits. lmdb's grouping leaves a rejected promise without a handler.
    eventTurnBatching: false,
  })
}

/** Must be called within a write transaction. Returns the layout, and writes it if the database is
 * new. Returns null if this opening has hidden another process's commit, since the layout is then
 * unknown. */
function layoutOf(environment: Environment): Buffer | null {
  if (!isOnLatest(environment)) return null
  const stored = environment.getBinary(LAYOUT_KEY)
  if (stored === undefined) environment.putSync(LAYOUT_KEY, LAYOUT)
  return stored ?? LAYOUT
}

/**
 * Whether the current write transaction follows the latest commit. When lmdb 3.5.6 opens a
 * database, it sets the shared number of the latest commit from an earlier read. It thereby forgets
 * another process's commit in between, and the next write would overwrite that. So nobody may write
 * until the database is opened once more, which corrects the number.
 */
export function isOnLatest(environment: Environment): boolean {
  const { lastTxnId }: LmdbStats = environment.getStats()
  return lastTxnId !== undefined && environment.getWriteTxnId() === lastTxnId + 1
}

/** The stored bytes of a row, or the first `bytesMax` of them, copied because lmdb reuses its
 * buffer in the next read. */
export function readBytes(
  environment: Environment,
  key: Buffer,
  bytesMax = Number.MAX_SAFE_INTEGER,
): Buffer | undefined {
  const shared = environment.getBinaryFast(key)
  if (shared === undefined) return undefined
  // lmdb sets `length` to that of the value, not of its buffer.
  return copyOf(shared, 0, Math.min(shared.length, bytesMax))
}

function copyOf(shared: Buffer, start: number, end: number): Buffer {
  const bytes = Buffer.allocUnsafe(end - start)
  bytes.set(shared.subarray(start, end))
  return bytes
}

/** The environment whose snapshot was taken since the microtask queue was last empty. */
let fresh: Environment | undefined

/** Runs a read on a current snapshot. lmdb would reuse an earlier one for a millisecond, in which
 * another process may have acknowledged a commit. All reads before the next microtask count as
 * simultaneous and share a snapshot, since a new one costs more than a read. */
export function readNow<T>(environment: Environment, read: () => T): T {
  try {
    if (fresh !== environment) {
      environment.resetReadTxn()
      fresh = environment
      queueMicrotask(growStale)
    }
    return read()
  } catch (cause) {
    throw new StorageUnavailableError('the LMDB database cannot be read', { cause })
  }
}

function growStale(): void {
  fresh = undefined
}

/** Pages in use by rows, the tree and the free list. */
export function pagesUsed(environment: Environment): number {
  const { root, free }: LmdbStats = environment.getStats()
  return pagesOf(root) + pagesOf(free)
}

interface LmdbStats {
  /** Number of the latest commit, from the newer meta page. */
  readonly lastTxnId?: number
  readonly root?: TreeStats
  readonly free?: TreeStats
}

interface TreeStats {
  readonly treeBranchPageCount: number
  readonly treeLeafPageCount: number
  readonly overflowPages: number
}

function pagesOf(tree: TreeStats | undefined): number {
  assert(tree !== undefined, 'lmdb reports no page counts')
  return tree.treeBranchPageCount + tree.treeLeafPageCount + tree.overflowPages
}
