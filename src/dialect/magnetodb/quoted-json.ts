import { LosslessNumber } from '../json.ts'
import { QUOTED_LENGTH_MAX, shortened } from './shortened.ts'

/** JSON of a part of a request for messages: with `, ` and `: ` as separators, and shortened. */
export function quotedJson(value: unknown): string {
  return shortened(write(value))
}

/** Stops soon after the quoted length, however large the value is. */
function write(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, QUOTED_LENGTH_MAX + 1))
  if (value instanceof LosslessNumber) return value.text
  if (typeof value !== 'object' || value === null) return String(value)
  return Array.isArray(value) ? `[${joined(value, write)}]` : `{${members(value)}}`
}

function members(object: object): string {
  return joined(Object.entries(object), ([name, value]) => `${write(name)}: ${write(value)}`)
}

function joined<T>(elements: readonly T[], text: (element: T) => string): string {
  let all = ''
  for (const element of elements) {
    if (all.length > QUOTED_LENGTH_MAX) break
    all += all === '' ? text(element) : `, ${text(element)}`
  }
  return all
}
