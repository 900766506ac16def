import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

export type SourceFile = {
  /** Relative to the project's root, with forward slashes. */
  readonly path: string
  readonly text: string
  /** The text with comments and the contents of strings blanked, in the same lines. */
  readonly code: string
  /** Its imports: files of the tree by path, everything else as written. */
  readonly imports: readonly string[]
}

export type SourceTree = ReadonlyMap<string, SourceFile>

const FOLDERS = ['src', 'test', 'bench']
const COMMENT_OR_STRING =
  /\/\*[\s\S]*?\*\/|\/\/[^\n]*|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`/g
const FROM = /^(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)/gm
const BARE_OR_DYNAMIC = /(?:^import\s*|\bimport\(\s*)['"]([^'"]+)/gm

/** All TypeScript files of the project. */
export function readSourceTree(root: string): SourceTree {
  const texts: Record<string, string> = {}
  for (const folder of FOLDERS) {
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts')) continue
      const path = posix.join(folder, name.replaceAll('\\', '/'))
      texts[path] = readFileSync(join(root, path), 'utf8')
    }
  }
  return sourceTree(texts)
}

/** Builds a tree from texts by path. */
export function sourceTree(texts: Readonly<Record<string, string>>): SourceTree {
  const files = Object.entries(texts).map(([path, text]) => ({
    path,
    text,
    code: text.replace(COMMENT_OR_STRING, (found) => found.replace(/[^\n]/g, ' ')),
    imports: findImports(path, text),
  }))
  return new Map(files.map((file) => [file.path, file]))
}

function findImports(path: string, text: string): string[] {
  return [...text.matchAll(FROM), ...text.matchAll(BARE_OR_DYNAMIC)].map((match) => {
    const specifier = match[1] ?? ''
    return specifier.startsWith('.') ? posix.join(posix.dirname(path), specifier) : specifier
  })
}
