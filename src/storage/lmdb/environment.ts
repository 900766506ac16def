import './without-native-msgpackr.ts'
import { strict as assert } from 'node:assert'
import { resolve } from 'node:path'
import { open, type RootDatabase } from 'lmdb'
import { StorageUnavailableError } from '../driver.ts'
import { prepareFolder } from './data-file.ts'
import { LAYOUT_KEY } from './key.ts'
import { Presence } from './presence.ts'

export interface LmdbOptions {
  /** A directory, made if it is not there. */
  readonly path: string
  /** Puts are refused when the rows would occupy more than this. The file may be larger: pages
   * that are free but scattered, or still seen by a reader, are not used again at once. */
  readonly mapSizeBytes: number
}

export type Environment = RootDatabase<Buffer, Buffer>

export const PAGE_BYTES = 8192
const READERS_MAX = 1024
const LAYOUT = Buffer.from([1])

/** Keys and values are bytes both here and there. lmdb's own way to say so gives each an
 * ArrayBuffer, which makes reading a range three times as slow. */
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

/** The mode of the files that lmdb makes. Its types do not have it. */
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

/** One environment a process and path. A second one would drop, when it is closed, the lock by
 * which other processes know that this one is there. */
const shared = new Map<string, Shared>()

/** Opens or makes the database; safe in several processes at once. */
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

/** Returns whether nobody uses the entry any more. */
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
    // Address space, and not a limit: lmdb enlarges a full map until the disk is full.
    mapSize: options.mapSizeBytes,
    // See docs/adr/0003-lmdb-layout.md: both kinds have lost commits, this one can be guarded.
    overlappingSync: false,
    ...OWNER_ONLY,
    // Commits are grouped here. Its own grouping leaves a promise whose rejection nobody hears.
    eventTurnBatching: false,
  })
}

/** Within a write transaction: the layout, written if the database is new; null if it cannot be
 * told, because this opening has hidden another process's commit. */
function layoutOf(environment: Environment): Buffer | null {
  if (!isOnLatest(environment)) return null
  const stored = environment.getBinary(LAYOUT_KEY)
  if (stored === undefined) environment.putSync(LAYOUT_KEY, LAYOUT)
  return stored ?? LAYOUT
}

/**
 * Whether the write transaction that runs now follows the latest commit. lmdb 3.5.6 sets the shared
 * number of the latest commit while it opens a database, from what it has read a moment before:
 * a commit of another process in between is forgotten, and the next would overwrite it. Until the
 * database is opened once more, which sets the number right, nobody may write.
 */
export function isOnLatest(environment: Environment): boolean {
  const { lastTxnId }: LmdbStats = environment.getStats()
  return lastTxnId !== undefined && environment.getWriteTxnId() === lastTxnId + 1
}

/** The stored bytes of a row, or the first `bytesMax` of them: copied, since lmdb reuses its buffer
 * at the next read. */
export function readBytes(
  environment: Environment,
  key: Buffer,
  bytesMax = Number.MAX_SAFE_INTEGER,
): Buffer | undefined {
  const shared = environment.getBinaryFast(key)
  if (shared === undefined) return undefined
  // Its length is what lmdb says of this value, not that of the memory behind it.
  return copyOf(shared, 0, Math.min(shared.length, bytesMax))
}

function copyOf(shared: Buffer, start: number, end: number): Buffer {
  const bytes = Buffer.allocUnsafe(end - start)
  bytes.set(shared.subarray(start, end))
  return bytes
}

/** The environment whose snapshot was taken since microtasks were last worked off. */
let fresh: Environment | undefined

/**
 * Runs a read on a snapshot that is taken now. lmdb would go on using the snapshot of an earlier
 * read for a millisecond, in which another process may have acknowledged a commit. What runs before
 * the next microtask of our own was under way when the snapshot was taken, so it may share it: a
 * new one costs more than a read.
 */
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

/** How many pages the rows occupy, with those of the tree and of the list of free pages. */
export function pagesUsed(environment: Environment): number {
  const { root, free }: LmdbStats = environment.getStats()
  return pagesOf(root) + pagesOf(free)
}

interface LmdbStats {
  /** Of the newer of the two meta pages. */
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
  assert(tree !== undefined, 'lmdb tells no page counts')
  return tree.treeBranchPageCount + tree.treeLeafPageCount + tree.overflowPages
}
