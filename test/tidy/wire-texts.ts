import { RECORDED_TEXTS } from '../dialect/magnetodb/recorded-texts.ts'
import type { SourceFile, SourceTree } from './source-tree.ts'

const WIRES = 'src/dialect/'
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
