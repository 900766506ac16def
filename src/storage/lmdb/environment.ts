import { strict as assert } from 'node:assert'
import { open, type RootDatabase } from 'lmdb'
import { StorageUnavailableError } from '../driver.ts'
import { LAYOUT_KEY } from './key.ts'

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

/** Opens or makes the database; safe in several processes at once. */
export async function openEnvironment(options: LmdbOptions): Promise<Environment> {
  const environment = open<Buffer, Buffer>({
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
    // The default lost committed updates when a process opened the database beside busy writers.
    overlappingSync: false,
    // Commits are grouped here. Its own grouping leaves a promise whose rejection nobody hears.
    eventTurnBatching: false,
  })
  const layout = await environment.childTransaction(() => {
    const stored = environment.getBinary(LAYOUT_KEY)
    if (stored === undefined) {
      environment.putSync(LAYOUT_KEY, LAYOUT)
    }
    return stored ?? LAYOUT
  })
  if (!layout.equals(LAYOUT)) {
    await environment.close()
    throw new Error(`${options.path} holds a database of another layout: ${layout.toString('hex')}`)
  }
  return environment
}

/** The stored bytes of a row, or the first `bytesMax` of them: copied, since lmdb reuses its buffer
 * at the next read. */
export function readBytes(
  environment: Environment,
  key: Buffer,
  bytesMax = Number.MAX_SAFE_INTEGER,
): Buffer | undefined {
  const shared = environment.getBinaryFast(key)
  if (shared === undefined) {
    return undefined
  }
  // Its length is what lmdb says of this value, not that of the memory behind it.
  return copyOf(shared, 0, Math.min(shared.length, bytesMax))
}

function copyOf(shared: Buffer, start: number, end: number): Buffer {
  const bytes = Buffer.allocUnsafe(end - start)
  bytes.set(shared.subarray(start, end))
  return bytes
}

/** Runs a read on a snapshot that is taken now. lmdb would go on using the snapshot of an earlier
 * read for a millisecond, in which another process may have acknowledged a commit. */
export function readNow<T>(environment: Environment, read: () => T): T {
  try {
    environment.resetReadTxn()
    return read()
  } catch (cause) {
    throw new StorageUnavailableError('the LMDB database cannot be read', { cause })
  }
}

/** How many pages the rows occupy, with those of the tree and of the list of free pages. */
export function pagesUsed(environment: Environment): number {
  const { root, free }: LmdbStats = environment.getStats()
  return pagesOf(root) + pagesOf(free)
}

interface LmdbStats {
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
