import { LosslessNumber } from './json.ts'

/** A JSON object from `parseJson`. Its names come from clients: list them with `Object.keys`, and
 * read by name only names that `Object.prototype` does not have. */
export type JsonObject = Readonly<Record<string, unknown>>

export function isJsonObject(value: unknown): value is JsonObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof LosslessNumber)
  )
}
