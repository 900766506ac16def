import type { Stats } from 'node:fs'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { PolicyError } from './policy-error.ts'

/** Bytes of all files together. Parsing that much blocks the event loop for 80 ms. A hundred rules
 * take less than 16 KiB. */
export const POLICY_BYTES_MAX = 128 * 1024

export interface PolicyPlaces {
  /** An absolute path, or one relative to a folder of `searchFolders`. */
  readonly policyFile: string
  readonly policyDirs: readonly string[]
  /** The first folder that contains the file or folder counts. */
  readonly searchFolders: readonly string[]
}

export interface PolicyFileFound {
  readonly path: string
  /** Changes with the file. Consists of path, inode, size and ctime, which changes with the mode,
   * too. */
  readonly version: string
  readonly sizeBytes: number
}

/**
 * The existing policy files in the order in which they apply, later ones overriding: the policy
 * file, then the files of each folder by name. As in oslo.policy, hidden files and subfolders are
 * skipped, other files are read whatever their extension, and missing ones are no error.
 *
 * @throws PolicyError for a path that cannot be read
 */
export async function findPolicyFiles(places: PolicyPlaces): Promise<readonly PolicyFileFound[]> {
  const files: PolicyFileFound[] = []
  const main = await locate(places.policyFile, places.searchFolders)
  if (main !== undefined) files.push(found(main.path, main.stats))
  for (const name of places.policyDirs) {
    const folder = await locate(name, places.searchFolders)
    if (folder === undefined) continue
    const names = await readdir(folder.path).catch((error) => fail(folder.path, error))
    for (const file of names.sort()) {
      const path = join(folder.path, file)
      const stats = file.startsWith('.') ? undefined : await statOf(path)
      if (stats !== undefined && !stats.isDirectory()) files.push(found(path, stats))
    }
  }
  return files
}

/** @throws PolicyError */
export async function readPolicyFile({ path }: PolicyFileFound): Promise<string> {
  const bytes = await readFile(path).catch((error) => fail(path, error))
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch (error) {
    throw new PolicyError(`${path}: it is not UTF-8 text`, { cause: error })
  }
}

async function locate(
  name: string,
  searchFolders: readonly string[],
): Promise<{ path: string; stats: Stats } | undefined> {
  for (const folder of searchFolders) {
    const path = resolve(folder, name)
    const stats = await statOf(path)
    if (stats !== undefined) return { path, stats }
  }
  return undefined
}

async function statOf(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path)
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined
    return fail(path, error)
  }
}

function found(path: string, stats: Stats): PolicyFileFound {
  if (!stats.isFile()) throw new PolicyError(`${path}: it is not a file`)
  const { ino, size, ctimeMs } = stats
  return { path, version: `${path} ${ino} ${size} ${ctimeMs}`, sizeBytes: size }
}

function fail(path: string, error: unknown): never {
  throw new PolicyError(`${path}: cannot be read (${codeOf(error)})`, { cause: error })
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
