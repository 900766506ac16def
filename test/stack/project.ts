import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the checkout that contains this compiled file. */
export function projectRoot(): string {
  return dirname(compiledRoot())
}

/** The path of a file of the checkout, for files that the compiler does not copy. */
export function sourceFile(path: string): string {
  return join(projectRoot(), path)
}

/** Reads a JSON file of the checkout. */
export function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(sourceFile(path), 'utf8'))
}

/** The root of the compiled tree that contains this file, such as `dist`. */
export function compiledRoot(): string {
  return fileURLToPath(new URL('../..', import.meta.url))
}
