import { TIME_TO_LIVE_SECONDS_MAX } from '../../model/limits.ts'
import { andThen, type Stepped } from '../../model/steps.ts'
import { validationError } from '../invalid-request.ts'
import { LosslessNumber, parseJson } from '../json.ts'
import { isJsonObject, type JsonObject } from '../json-object.ts'
import type { WireRequest } from '../wire.ts'
import { missingProperty } from './messages.ts'
import { quotedJson } from './quoted-json.ts'
import { shortened } from './shortened.ts'

/*
 * Each function reads one property and returns its value, or throws MagnetoDB's message about it.
 * `label` is how the message calls the property: by its own name, or that of its table or
 * attribute. Null counts as missing.
 */

/** In steps if the body is large. */
export function requireBody({ body }: WireRequest): Stepped<JsonObject> {
  return andThen(parseJson(body), (json) => requireObject(json, 'body'))
}

export function requireObject(json: unknown, label: string): JsonObject {
  if (!isJsonObject(json)) throw unexpectedType(json, label, 'Object')
  return json
}

export function requireString(json: unknown, label: string): string {
  if (typeof json !== 'string') throw unexpectedType(json, label, 'String')
  return json
}

export function requireBoolean(json: unknown, label: string): boolean {
  if (typeof json !== 'boolean') throw unexpectedType(json, label, 'Boolean')
  return json
}

export function requireList(json: unknown, label: string): readonly unknown[] {
  if (!Array.isArray(json)) throw unexpectedType(json, label, 'List')
  return json
}

export function requireObjects(json: unknown, label: string): readonly JsonObject[] {
  const list = requireList(json, label)
  if (!list.every(isJsonObject)) throw unexpectedType(json, label, 'List of Objects')
  return list
}

const INTEGER = /^[+-]?[0-9]+$/

/** Accepts JSON integers, strings with integers, and booleans as 0 and 1. */
export function requireInteger(
  json: unknown,
  label: string,
  min: number,
  max = Number.MAX_SAFE_INTEGER,
): number {
  const digits = integerText(json)
  if (digits === undefined || !INTEGER.test(digits)) throw unexpectedType(json, label, 'Integer')
  // `+ 0` turns -0 into 0.
  const value = Number(digits) + 0
  const found = `'${label}' property value[${shortened(digits)}]`
  if (value < min) throw validationError(`${found} is less then min_value[${min}].`)
  if (value > max) throw validationError(`${found} is more then max_value[${max}].`)
  return value
}

/** Undefined for objects, because a client's object may have a member `toString`. */
function integerText(json: unknown): string | undefined {
  if (typeof json === 'string') return json
  if (json instanceof LosslessNumber) return json.text
  return typeof json === 'number' || typeof json === 'boolean' ? String(Number(json)) : undefined
}

/** A limit on rows or names. Null and 0 mean no limit. */
export function optionalLimit(json: unknown): number | undefined {
  if (isNull(json)) return undefined
  const limit = requireInteger(json, 'limit', 0)
  return limit === 0 ? undefined : limit
}

/** Seconds; undefined for null, which requests no expiry. */
export function optionalTimeToLive(json: unknown): number | undefined {
  if (isNull(json)) return undefined
  return requireInteger(json, 'time_to_live', 0, TIME_TO_LIVE_SECONDS_MAX)
}

/** A property that may be absent, but must not be null. */
export function booleanOr(json: unknown, label: string, otherwise: boolean): boolean {
  return json === undefined ? otherwise : requireBoolean(json, label)
}

export function isNull(json: unknown): json is null | undefined {
  return json === undefined || json === null
}

/** Whether Python takes the value for false: null, false, zero, or empty. */
export function isFalsy(json: unknown): boolean {
  if (typeof json !== 'object' || json === null) return !json
  if (json instanceof LosslessNumber) return Number(json.text) === 0
  return Object.keys(json).length === 0
}

export function refuseUnexpected(
  object: JsonObject,
  known: ReadonlySet<string>,
  label: string,
): void {
  for (const name of Object.keys(object)) {
    if (!known.has(name)) throw unexpectedProperties(object, known, label)
  }
}

function unexpectedProperties(object: JsonObject, known: ReadonlySet<string>, label: string) {
  const leftovers = Object.entries(object).filter(([name]) => !known.has(name))
  return validationError(
    `Unexpected properties were found for '${label}': ${quotedJson(Object.fromEntries(leftovers))}`,
  )
}

export function missing(label: string) {
  return validationError(missingProperty(label))
}

export function unexpectedType(json: unknown, label: string, expected: string) {
  if (isNull(json)) return missing(label)
  return validationError(
    `Wrong '${label}' type. ${expected} is expected, but ${quotedJson(json)} found`,
  )
}
