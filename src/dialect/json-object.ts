import { LosslessNumber } from './json.ts'

/** A JSON object as `parseJson` gives it. Its names come from outside: find them with
 * `Object.keys`; read by name only what `Object.prototype` does not have. */
export type JsonObject = Readonly<Record<string, unknown>>

export function isJsonObject(value: unknown): value is JsonObject {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof LosslessNumber)
  )
}
