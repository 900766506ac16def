import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readSync, statSync } from 'node:fs'
import { stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** `mm_magic` of a meta page (lmdb's mdb.c), in the machine's byte order. */
const MAGIC = 0xbeefc0de
const MAGIC_START = 24
const MAGIC_END = MAGIC_START + 4
const DATA_FILE = 'data.mdb'
const LOCK_FILE = 'lock.mdb'
const FOLDER_MODE = 0o700
const MODE_OF_OTHERS = 0o007

/** Creates the folder of a database for its owner only. Files made by versions before 0.3 become
 * inaccessible to users other than owner and group. Throws if the path is no folder or its file is
 * not LMDB's, because lmdb would end the process. */
export function prepareFolder(path: string): void {
  makeFolder(path)
  if (!statSync(path).isDirectory()) throw new Error(`${path} is not a folder`)
  const file = join(path, DATA_FILE)
  if (!existsSync(file)) return
  for (const each of [file, join(path, LOCK_FILE)]) closeToOthers(each)
  if (!statSync(file).isFile()) throw new Error(`${file} is not a file`)
  const head = headOf(file)
  // Another process is creating the file.
  if (head.length === 0) return
  if (head.length < MAGIC_END || new Uint32Array(head.buffer)[MAGIC_START / 4] !== MAGIC) {
    throw new Error(`${file} is not an LMDB database`)
  }
}

export function hasDataFile(path: string): boolean {
  return existsSync(join(path, DATA_FILE))
}

/** Bytes that the database may occupy on its disk: its size plus the free space. */
export async function diskRoomBytes(path: string): Promise<number> {
  const [{ size }, { bavail, bsize }] = await Promise.all([
    stat(join(path, DATA_FILE)),
    statfs(path),
  ])
  return size + bavail * bsize
}

/** Creates one folder after another. Node's `recursive` never ends where folders cannot be made, as
 * below /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  try {
    mkdirSync(path, FOLDER_MODE)
  } catch (error) {
    // Another process may have created it first.
    if (!existsSync(path)) throw error
  }
}

function closeToOthers(file: string): void {
  try {
    const { mode } = statSync(file)
    if (mode & MODE_OF_OTHERS) chmodSync(file, mode & ~MODE_OF_OTHERS)
  } catch {
    // Missing, or owned by another user.
  }
}

function headOf(file: string): Uint8Array {
  const descriptor = openSync(file, 'r')
  try {
    const head = new Uint8Array(MAGIC_END)
    const length = readSync(descriptor, head, 0, MAGIC_END, 0)
    return length === MAGIC_END ? head : head.subarray(0, length)
  } finally {
    closeSync(descriptor)
  }
}
