import {
  type AttributeType,
  type AttributeValue,
  isSetType,
  isTypedMapType,
  type Scalar,
  type ScalarType,
  type SetType,
  scalarSizeBytes,
  scalarsEqual,
  setElementType,
  type TypedMapEntry,
  type TypedMapType,
  typedMapKeyType,
  typedMapValueType,
} from '../../model/attribute-value.ts'
import { MagnetoDBError } from '../../model/errors.ts'
import {
  COLLECTION_ELEMENTS_MAX,
  ITEM_SIZE_BYTES_MAX,
  NESTING_DEPTH_MAX,
  NUMBER_TEXT_LENGTH_MAX,
} from '../../model/limits.ts'
import { canonicalNumber, NumberFormatError } from '../../model/number.ts'
import { entriesInSteps, sortedUnique, uniqueInSteps } from '../../model/scalar-order.ts'
import { STEP_ELEMENTS, type Steps } from '../../model/steps.ts'
import { validationError } from '../invalid-request.ts'
import { LosslessNumber } from '../json.ts'
import { isJsonObject, type JsonObject, soleName } from '../json-object.ts'
import { NUMBER_MESSAGES } from './messages.ts'
import { quotedJson } from './quoted-json.ts'
import { shortened } from './shortened.ts'

/** Elements of a small set. */
const SET_AT_ONCE_MAX = 8

/**
 * Decodes typed JSON of any of the nineteen types, such as `{"N":"1.0"}`, to its canonical value.
 * `parseJson` has refused text that is not well-formed Unicode. Numbers may be strings or integers;
 * a set's repeated elements count once.
 *
 * @throws MagnetoDBError `validation`, with MagnetoDB's messages
 */
export function* decodeValue(typed: unknown): Steps<AttributeValue> {
  return decodePlain(typed) ?? (yield* decodeCollection(typed as JsonObject, 0))
}

/** Decodes a value that is no collection. Undefined for types of collections. */
export function decodePlain(typed: unknown): AttributeValue | undefined {
  if (!isJsonObject(typed)) throw unrecognizedFormat(typed)
  const type = soleName(typed)
  if (type === undefined) throw unrecognizedFormat(typed)
  const json = typed[type]
  switch (type) {
    case 'S':
      return { type, value: decodeText(json) }
    case 'N':
      return { type, value: decodeNumber(json) }
    case 'B':
      return { type, value: decodeBinary(json) }
    case 'BOOL':
      if (typeof json !== 'boolean') throw unrecognized(type, json)
      return { type, value: json }
    case 'NULL':
      if (json !== true) throw unrecognized(type, json)
      return { type, value: json }
  }
  if (type === 'L' || type === 'M' || isSetType(type) || isTypedMapType(type)) return undefined
  throw validationError(`Attribute type '${shortened(type)}' is not recognized`)
}

/** Decodes a small set, after `decodePlain` has returned undefined. Undefined for other values. */
export function decodeSmallSet(typed: JsonObject): AttributeValue | undefined {
  const type = soleName(typed) ?? ''
  const json = typed[type]
  if (!isSetType(type) || !Array.isArray(json) || json.length > SET_AT_ONCE_MAX) return undefined
  const elementType = setElementType(type)
  const elements = new SetElements(elementType)
  for (const member of json) elements.add(member)
  return { type, value: sortedUnique(elementType, elements.list) }
}

/**
 * Decodes a collection, after `decodePlain` has returned undefined.
 *
 * @param depth the levels of L and M around it
 */
export function* decodeCollection(typed: JsonObject, depth: number): Steps<AttributeValue> {
  yield
  const type = Object.keys(typed)[0] as Exclude<AttributeType, ScalarType | 'BOOL' | 'NULL'>
  const json = typed[type]
  switch (type) {
    case 'L':
      if (!Array.isArray(json)) throw unrecognized(type, json)
      return { type, value: yield* decodeList(json, depth + 1) }
    case 'M':
      if (!isJsonObject(json)) throw unrecognized(type, json)
      return { type, value: yield* decodeMembers(json, depth + 1) }
    case 'SS':
    case 'NS':
    case 'BS':
      return { type, value: yield* decodeSet(type, json) }
    default:
      return { type, value: yield* decodeTypedMap(type, json) }
  }
}

function decodeScalar(type: ScalarType, json: unknown): Scalar {
  if (type === 'S') return decodeText(json)
  return type === 'N' ? decodeNumber(json) : decodeBinary(json)
}

function decodeText(json: unknown): string {
  if (typeof json !== 'string') throw unrecognized('S', json)
  return json
}

function decodeNumber(json: unknown): string {
  try {
    if (typeof json === 'string') return canonicalNumber(refuseLongExponent(json))
    if (typeof json === 'number') return canonicalNumber(String(json))
    if (json instanceof LosslessNumber && isIntegerText(json.text)) {
      return canonicalNumber(json.text)
    }
  } catch (error) {
    if (error instanceof NumberFormatError)
      throw unrecognized('N', json, NUMBER_MESSAGES[error.fault])
    throw error
  }
  throw unrecognized('N', json)
}

/** v1 does not accept such a text as a number, whatever its value. */
function refuseLongExponent(text: string): string {
  if (text.length > NUMBER_TEXT_LENGTH_MAX || !LONG_EXPONENT.test(text)) return text
  throw new NumberFormatError('format')
}

const LONG_EXPONENT = /[eE][+-]?[0-9]{7,}$/

function isIntegerText(text: string): boolean {
  return /^-?[0-9]+$/.test(text)
}

/** Accepts canonical base64 only: padded, without spaces and spare bits. */
function decodeBinary(json: unknown): Buffer {
  if (typeof json !== 'string') throw unrecognized('B', json)
  const bytes = Buffer.from(json, 'base64')
  if (bytes.toString('base64') !== json) throw unrecognized('B', json)
  return bytes
}

function* decodeSet(type: SetType, json: unknown): Steps<readonly Scalar[]> {
  if (!Array.isArray(json)) throw unrecognized(type, json)
  refuseTooManyElements(json.length)
  const elementType = setElementType(type)
  const elements = new SetElements(elementType)
  for (const member of json) if (elements.add(member) % STEP_ELEMENTS === 0) yield
  return yield* uniqueInSteps(elementType, elements.list)
}

/** The elements of a set, in the order of the text. */
class SetElements {
  readonly list: Scalar[] = []
  readonly #type: ScalarType
  #bytes = 0

  constructor(type: ScalarType) {
    this.#type = type
  }

  /** @returns the number of elements */
  add(json: unknown): number {
    const element = decodeScalar(this.#type, json)
    this.#bytes += scalarSizeBytes(this.#type, element)
    if (this.#bytes > ITEM_SIZE_BYTES_MAX) throw tooLarge()
    return this.list.push(element)
  }
}

function* decodeTypedMap(type: TypedMapType, json: unknown): Steps<readonly TypedMapEntry[]> {
  if (!isJsonObject(json)) throw unrecognized(type, json)
  const keys = Object.keys(json)
  refuseTooManyElements(keys.length)
  const keyType = typedMapKeyType(type)
  const valueType = typedMapValueType(type)
  const entries: TypedMapEntry[] = []
  let bytes = 0
  for (const name of keys) {
    const key = decodeScalar(keyType, name)
    const value = decodeScalar(valueType, json[name])
    bytes += scalarSizeBytes(keyType, key) + scalarSizeBytes(valueType, value)
    if (bytes > ITEM_SIZE_BYTES_MAX) throw tooLarge()
    if (entries.push([key, value]) % STEP_ELEMENTS === 0) yield
  }
  const sorted = yield* entriesInSteps(keyType, entries)
  if (sorted.some(([key], i) => i > 0 && scalarsEqual((sorted[i - 1] as TypedMapEntry)[0], key))) {
    throw unrecognized(type, json, 'two of its keys are equal')
  }
  return sorted
}

function* decodeList(json: readonly unknown[], depth: number): Steps<readonly AttributeValue[]> {
  refuseTooDeep(depth)
  const elements: AttributeValue[] = []
  for (const typed of json) {
    const element = decodePlain(typed) ?? (yield* decodeCollection(typed as JsonObject, depth))
    if (elements.push(element) % STEP_ELEMENTS === 0) yield
  }
  return elements
}

function* decodeMembers(
  json: JsonObject,
  depth: number,
): Steps<ReadonlyMap<string, AttributeValue>> {
  refuseTooDeep(depth)
  const members = new Map<string, AttributeValue>()
  for (const name of Object.keys(json)) {
    const typed = json[name]
    const member = decodePlain(typed) ?? (yield* decodeCollection(typed as JsonObject, depth))
    if (members.set(name, member).size % STEP_ELEMENTS === 0) yield
  }
  return members
}

function refuseTooDeep(depth: number): void {
  if (depth > NESTING_DEPTH_MAX) {
    throw validationError(
      `Attribute values of types L and M are nested deeper than ${NESTING_DEPTH_MAX} levels`,
    )
  }
}

/** The engine's error for large items. Here, repeated elements count each time. */
function tooLarge(): MagnetoDBError {
  return new MagnetoDBError({ is: 'item_too_large', bytesMax: ITEM_SIZE_BYTES_MAX })
}

function refuseTooManyElements(count: number): void {
  if (count > COLLECTION_ELEMENTS_MAX) {
    throw validationError(
      `A set or map of ${count} elements was found: at most ${COLLECTION_ELEMENTS_MAX} are allowed`,
    )
  }
}

function unrecognizedFormat(typed: unknown): MagnetoDBError {
  return validationError(`Can't recognize attribute typed value format: '${quotedJson(typed)}'`)
}

/** MagnetoDB's message, which lacks a space before `of`, and the reason if one is given. */
function unrecognized(type: string, json: unknown, reason?: string): MagnetoDBError {
  const message = `Can't recognize attribute value '${quotedJson(json)}'of type {"type": "${type}"}`
  return validationError(reason === undefined ? message : `${message}: ${reason}`)
}
