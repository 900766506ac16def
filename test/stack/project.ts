import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The root of the checkout that contains this compiled file. */
export function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder)
    if (parent === folder) throw new Error('no package.json above the compiled tests')
    folder = parent
  }
  return folder
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
