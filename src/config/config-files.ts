import { readdirSync, readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { ConfigError, quoted } from './config-error.ts'

/** A file, or a folder with files `*.conf`. A leading `~/` stands for the home folder. */
export type ConfigPath = string | { readonly folder: string }

export interface ConfigSource {
  readonly name: string
  readonly text: string
}

/** Reads the files in the order given, and those of a folder by name, except hidden ones. Throws a
 * ConfigError for the first file that cannot be read. */
export function readConfigFiles(paths: readonly ConfigPath[]): readonly ConfigSource[] {
  return paths.flatMap((path) =>
    typeof path === 'string'
      ? [readSource(expandHome(path))]
      : filesOf(expandHome(path.folder)).map(readSource),
  )
}

/** Absolute folders to search for files that the configuration names. As in oslo.config, the given
 * folders come first, then those of the files, beginning with the last file. */
export function searchFolders(paths: readonly ConfigPath[]): readonly string[] {
  const folders = paths.flatMap((path) => (typeof path === 'string' ? [] : [path.folder]))
  const files = paths.filter((path) => typeof path === 'string')
  const absolute = (path: string) => resolve(expandHome(path))
  return [...folders.map(absolute), ...files.map(absolute).map(dirname).reverse()]
}

function expandHome(path: string): string {
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : path
}

function filesOf(folder: string): readonly string[] {
  try {
    const names = readdirSync(folder).filter((name) => /^[^.].*\.conf$/s.test(name))
    return names.sort().map((name) => join(folder, name))
  } catch (error) {
    throw unreadable('folder', folder, error)
  }
}

function readSource(path: string): ConfigSource {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path))
    return { name: path, text }
  } catch (error) {
    throw unreadable('file', path, error)
  }
}

type Kind = 'file' | 'folder'

function unreadable(kind: Kind, path: string, cause: unknown): ConfigError {
  const message = `cannot read the configuration ${kind} ${quoted(path)}: ${reason(kind, cause)}`
  return new ConfigError(message, { cause })
}

function reason(kind: Kind, error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'ENOENT':
      return `there is no such ${kind}`
    case 'EACCES':
      return 'permission denied'
    case 'EISDIR':
      return 'it is a folder'
    case 'ENOTDIR':
      return 'it is not a folder'
    case 'ERR_ENCODING_INVALID_ENCODED_DATA':
      return 'it is not UTF-8 text'
    default:
      return String(code)
  }
}
