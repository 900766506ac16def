import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout this compiled file belongs to, wherever below it the compiler has put it. */
export function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder)
    if (parent === folder) throw new Error('no package.json above the compiled tests')
    folder = parent
  }
  return folder
}

/** A file of the checkout by its path from the root: for what the compiler does not copy. */
export function sourceFile(path: string): string {
  return join(projectRoot(), path)
}

/** What a JSON file of the checkout holds. */
export function readJson<T>(path: string): T {
  return JSON.parse(readFileSync(sourceFile(path), 'utf8'))
}

/** The root of the compiled tree that this file is in (`dist`, say). */
export function compiledRoot(): string {
  return fileURLToPath(new URL('../..', import.meta.url))
}
