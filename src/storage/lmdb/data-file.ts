import { chmodSync, closeSync, existsSync, mkdirSync, openSync, readSync, statSync } from 'node:fs'
import { stat, statfs } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Where a meta page says that it is one (`mm_magic` in lmdb's mdb.c), in the machine's order. */
const MAGIC = 0xbeefc0de
const MAGIC_START = 24
const MAGIC_END = MAGIC_START + 4
const DATA_FILE = 'data.mdb'
const LOCK_FILE = 'lock.mdb'
const FOLDER_MODE = 0o700
const EVERYBODY = 0o007

/**
 * Makes the folder of a database if it is not there, for its owner only. What versions before 0.3
 * have made is closed to those who are neither its owner nor of its group. Throws where it cannot
 * be one, or where the file in it is none of lmdb's: lmdb itself would end the process.
 */
export function prepareFolder(path: string): void {
  makeFolder(path)
  if (!statSync(path).isDirectory()) throw new Error(`${path} is not a folder`)
  const file = join(path, DATA_FILE)
  if (!existsSync(file)) return
  for (const each of [file, join(path, LOCK_FILE)]) closeToEverybody(each)
  if (!statSync(file).isFile()) throw new Error(`${file} is not a file`)
  const head = headOf(file)
  // Empty is one that another process is just making.
  if (head.length === 0) return
  if (head.length < MAGIC_END || new Uint32Array(head.buffer)[MAGIC_START / 4] !== MAGIC) {
    throw new Error(`${file} is not an LMDB database`)
  }
}

export function hasDataFile(path: string): boolean {
  return existsSync(join(path, DATA_FILE))
}

/** How many bytes the database in that folder has on its disk and may still get. */
export async function diskRoomBytes(path: string): Promise<number> {
  const [{ size }, { bavail, bsize }] = await Promise.all([
    stat(join(path, DATA_FILE)),
    statfs(path),
  ])
  return size + bavail * bsize
}

/** Folder by folder: Node's own way never ends where the system makes none, as below /proc. */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  try {
    mkdirSync(path, FOLDER_MODE)
  } catch (error) {
    // Another process may have been faster.
    if (!existsSync(path)) throw error
  }
}

function closeToEverybody(file: string): void {
  try {
    const { mode } = statSync(file)
    if (mode & EVERYBODY) chmodSync(file, mode & ~EVERYBODY)
  } catch {
    // It is not there, or another user's.
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
