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

/** The only name in an object. Undefined if there is none, or another. */
export function soleName(object: JsonObject): string | undefined {
  let sole: string | undefined
  for (const name in object) {
    if (sole !== undefined) return undefined
    sole = name
  }
  return sole
}
