import { quoted } from './config-error.ts'

const DISTANCE_MAX = 2
const NAME_CHARS_MAX = 60

/** ` (did you mean "…"?)` if a known name is similar, else nothing. */
export function didYouMean(name: string, known: Iterable<string>): string {
  if (name.length > NAME_CHARS_MAX) return ''
  const spelling = spellingOf(name)
  let closest: string | undefined
  let closestDistance = DISTANCE_MAX + 1
  for (const candidate of known) {
    const distance = editDistance(spelling, spellingOf(candidate))
    if (distance < closestDistance && distance < candidate.length / 2) {
      closest = candidate
      closestDistance = distance
    }
  }
  return closest === undefined ? '' : ` (did you mean ${quoted(closest)}?)`
}

/** Ignores case, surrounding spaces, and `-` instead of `_`. */
function spellingOf(name: string): string {
  return name.trim().toLowerCase().replaceAll('-', '_')
}

/** The Levenshtein distance, computed row by row. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (const [row, charA] of [...a].entries()) {
    const current = [row + 1]
    for (const [column, charB] of [...b].entries()) {
      const substituted = (previous[column] ?? 0) + (charA === charB ? 0 : 1)
      const inserted = (current[column] ?? 0) + 1
      const deleted = (previous[column + 1] ?? 0) + 1
      current.push(Math.min(substituted, inserted, deleted))
    }
    previous = current
  }
  return previous[b.length] ?? 0
}
