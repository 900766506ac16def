import { readFileSync } from 'node:fs'
import { sourceFile } from '../stack/project.ts'
import type { SourceFile, SourceTree } from './source-tree.ts'

const WIRES = 'src/dialect/'
/** Every error text that version 0.1 answered on the v1 API, with `{}` in place of variable parts.
 * Clients compare these texts, so none may change. None may be outside the wire's own folder. */
const RECORDED_TEXTS = readFileSync(sourceFile('test/dialect/magnetodb/recorded-texts.txt'), 'utf8')
  .split('\n')
  .filter(Boolean)
/** Shorter parts of a text also occur in other places. */
const PART_LENGTH_MIN = 16
const JOINED = /['"`]\s*\+\s*['"`]/g

/** A line for each text of a wire in a file of the core. */
export function wireTextFaults(tree: SourceTree): string[] {
  return [...tree.values()]
    .filter(({ path }) => path.startsWith('src/') && !path.startsWith(WIRES))
    .flatMap((file) => textsIn(file).map((text) => `${file.path} says "${text}", as a wire does`))
}

/** Recorded texts that no wire contains any more. */
export function lostTexts(tree: SourceTree): string[] {
  const wires = [...tree.values()].filter(({ path }) => path.startsWith(WIRES))
  const held = new Set(wires.flatMap(textsIn))
  return RECORDED_TEXTS.filter((text) => !held.has(text))
}

function textsIn({ text }: SourceFile): string[] {
  const joined = text.replace(JOINED, '').replace(/\\(['"`])/g, '$1')
  return RECORDED_TEXTS.filter((recorded) => holds(joined, recorded))
}

function holds(source: string, recorded: string): boolean {
  const parts = recorded.split('{}')
  const longest = parts.reduce((a, b) => (b.length > a.length ? b : a))
  if (longest.length >= PART_LENGTH_MIN) return source.includes(longest)
  const escaped = parts.map((part) => part.replace(/[[\](){}.*+?^$|\\]/g, '\\$&'))
  return new RegExp(escaped.join('\\$\\{[^}]*\\}')).test(source)
}
