import { readFileSync } from 'node:fs'
import { sourceFile } from '../stack/project.ts'
import type { SourceFile, SourceTree } from './source-tree.ts'

const WIRES = 'src/dialect/'
/**
 * Every text of an error that version 0.1 answered on the v1 API, `{}` standing for what differs
 * from one answer to the next. Clients compare them: none may change, and none belongs outside the
 * wire's own folder.
 */
const RECORDED_TEXTS = readFileSync(sourceFile('test/dialect/magnetodb/recorded-texts.txt'), 'utf8')
  .split('\n')
  .filter(Boolean)
/** A shorter part of a text stands in other places, too. */
const PART_LENGTH_MIN = 16
const JOINED = /['"`]\s*\+\s*['"`]/g

/** A line for each text of a wire that a file of the core holds. */
export function wireTextFaults(tree: SourceTree): string[] {
  return [...tree.values()]
    .filter(({ path }) => path.startsWith('src/') && !path.startsWith(WIRES))
    .flatMap((file) => textsIn(file).map((text) => `${file.path} says "${text}", as a wire does`))
}

/** The recorded texts that no wire has any longer. */
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
