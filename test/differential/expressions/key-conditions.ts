import { KEY_TYPES } from '../tables.ts'
import type { Placeholders } from './placeholders.ts'

/** A condition for a table or an index with these key attributes. */
export function keyCondition(p: Placeholders, hash: string, range: string | undefined): string {
  const c = p.chooser
  const isEqual = `${p.name(hash)} = ${p.valueFor(hash)}`
  if (range === undefined) return wrapped(p, isEqual)
  return c.choose('key condition', {
    hash: [2, () => wrapped(p, isEqual)],
    both: [5, () => `${wrapped(p, isEqual)} AND ${wrapped(p, rangeCondition(p, range))}`],
    reversed: () => `${wrapped(p, rangeCondition(p, range))} and ${wrapped(p, isEqual)}`,
  })
}

function wrapped(p: Placeholders, text: string): string {
  return p.chooser.choose('key condition brackets', {
    none: [6, () => text],
    parentheses: () => `(${text})`,
  })
}

function rangeCondition(p: Placeholders, range: string): string {
  const c = p.chooser
  const value = () => p.valueFor(range)
  const compared = (operator: string) => () => `${p.name(range)} ${operator} ${value()}`
  return c.choose('range condition', {
    ...{ '=': compared('='), '<': compared('<'), '<=': compared('<=') },
    ...{ '>': compared('>'), '>=': compared('>=') },
    'value first': () => `${value()} < ${p.name(range)}`,
    between: [2, () => between(p, range)],
    begins_with: [2, () => `begins_with(${p.name(range)}, ${value()})`],
  })
}

/** Usually puts the lower bound first. */
function between(p: Placeholders, range: string): string {
  const bounds = [p.values.key(KEY_TYPES[range] ?? 'S'), p.values.key(KEY_TYPES[range] ?? 'S')]
  const size = (value: object) => {
    const [type, text] = Object.entries(value)[0] as [string, string]
    if (type === 'N') return Number(text)
    return Buffer.from(text, type === 'B' ? 'base64' : 'utf8').toString('hex')
  }
  const [one, other] = bounds as [object, object]
  if (p.chooser.chance(90) && size(one) > size(other)) bounds.reverse()
  const [low, high] = bounds.map((each) => p.value(each))
  return `${p.name(range)} BETWEEN ${low} AND ${high}`
}
