import {
  type AttributeValue,
  type Item,
  isScalarType,
  isSetType,
  isTypedMapType,
  type Scalar,
  type ScalarType,
  setElementType,
  type TypedMapEntry,
  type TypedMapType,
  typedMapKeyType,
  typedMapValueType,
} from './attribute-value.ts'
import { parseInSteps } from './json-steps.ts'
import { entriesInSteps, sortedEntries } from './scalar-order.ts'
import { finished, mapInSteps, ONE_PIECE_BYTES_MAX, STEP_ELEMENTS, type Steps } from './steps.ts'
import { withoutTypedMaps } from './typed-map.ts'

/**
 * An item as typed JSON, `{"name":{"S":"x"},…}`, which both wires use and which is stored: no
 * spaces, names in the item's order, canonical values (model/attribute-value.ts).
 */
export interface EncodedItem {
  readonly json: string
  /** The item contains, at any depth, a typed map of v1. The DynamoDB wire shows it as M. */
  readonly typedMaps: boolean
}

export function encodeItem(item: Item): EncodedItem {
  let json = ''
  let typedMaps = false
  for (const [name, value] of item) {
    json += `${json ? ',' : '{'}${quoted(name)}:${writeValue(value)}`
    typedMaps ||= holdsTypedMap(value)
  }
  return { json: json ? `${json}}` : '{}', typedMaps }
}

/** Like `encodeItem`, in steps. */
export function* encodeInSteps(item: Item): Steps<EncodedItem> {
  const members: string[] = []
  let typedMaps = false
  for (const [name, value] of item) {
    const text = writeNested(value)
    const size = members.push(`${quoted(name)}:${typeof text === 'string' ? text : yield* text}`)
    typedMaps ||= holdsTypedMap(value)
    if (size % STEP_ELEMENTS === 0) yield
  }
  return { json: `{${members.join()}}`, typedMaps }
}

/** The item with its typed maps as M, for clients that know no typed maps. */
export function* encodeAsDocuments(encoded: EncodedItem): Steps<EncodedItem> {
  if (!encoded.typedMaps) return encoded
  return yield* encodeInSteps(yield* withoutTypedMaps(yield* readInSteps(encoded.json)))
}

/** The text, or the steps to it if the value is a collection. */
function writeNested(value: AttributeValue): Steps<string> | string {
  switch (value.type) {
    case 'S':
    case 'N':
    case 'B':
    case 'BOOL':
    case 'NULL':
      return writeValue(value)
    default:
      return writeCollection(value)
  }
}

function* writeCollection(
  value: Exclude<AttributeValue, { type: ScalarType | 'BOOL' | 'NULL' }>,
): Steps<string> {
  switch (value.type) {
    case 'SS':
    case 'NS':
    case 'BS':
      return `{"${value.type}":[${yield* joinInSteps(value.value, writeScalar)}]}`
    case 'L':
      return `{"L":[${yield* joinInSteps(value.value, writeNested)}]}`
    case 'M':
      return `{"M":{${yield* joinInSteps([...value.value], writeMember)}}}`
    default:
      return `{"${value.type}":{${yield* joinInSteps(value.value, writeEntry)}}}`
  }
}

function* writeMember([name, value]: readonly [string, AttributeValue]): Steps<string> {
  const text = writeNested(value)
  return `${quoted(name)}:${typeof text === 'string' ? text : yield* text}`
}

function* joinInSteps<T>(
  elements: readonly T[],
  write: (element: T) => Steps<string> | string,
): Steps<string> {
  const texts: string[] = []
  for (const element of elements) {
    const text = write(element)
    if (texts.push(typeof text === 'string' ? text : yield* text) % STEP_ELEMENTS === 0) yield
  }
  yield
  return texts.join()
}

function writeEntry([key, value]: TypedMapEntry): string {
  return `${writeScalar(key)}:${writeScalar(value)}`
}

function holdsTypedMap(value: AttributeValue): boolean {
  if (value.type === 'L') return value.value.some(holdsTypedMap)
  if (value.type === 'M') return [...value.value.values()].some(holdsTypedMap)
  return isTypedMapType(value.type)
}

export function writeValue(value: AttributeValue): string {
  switch (value.type) {
    case 'S':
    case 'N':
    case 'B':
      return `{"${value.type}":${writeScalar(value.value)}}`
    case 'BOOL':
      return value.value ? '{"BOOL":true}' : '{"BOOL":false}'
    case 'NULL':
      return '{"NULL":true}'
    case 'SS':
    case 'NS':
    case 'BS':
      return `{"${value.type}":[${value.value.map(writeScalar).join()}]}`
    case 'L':
      return `{"L":[${value.value.map(writeValue).join()}]}`
    case 'M': {
      const members = [...value.value].map(([name, m]) => `${quoted(name)}:${writeValue(m)}`)
      return `{"M":{${members.join()}}}`
    }
    default:
      return `{"${value.type}":{${value.value.map(writeEntry).join()}}}`
  }
}

function writeScalar(value: Scalar): string {
  return typeof value === 'string' ? quoted(value) : `"${value.toString('base64')}"`
}

/** Printable ASCII without `"` and `\`, which JSON does not escape. */
const UNESCAPED = /^[ !#-[\]-~]*$/
/** For longer texts `JSON.stringify` is faster. */
const CHECKED_LENGTH_MAX = 100

/** Like `JSON.stringify`, in a third of its time for short plain text, which most values are. */
function quoted(text: string): string {
  if (text.length <= CHECKED_LENGTH_MAX && UNESCAPED.test(text)) return `"${text}"`
  return JSON.stringify(text)
}

/** Decodes the text of `encodeItem`. Not for input from clients, which wires check. */
export function readItem(json: string): Item {
  return readMembers(JSON.parse(json) as Record<string, TypedJson>)
}

/** Like `readItem`, in steps. */
export function* readInSteps(json: string): Steps<Item> {
  if (json.length <= ONE_PIECE_BYTES_MAX) return readItem(json)
  const { value } = yield* parseInSteps(json, STORED)
  return yield* readMembersInSteps(value as Record<string, TypedJson>)
}

/** Accepts whatever was stored. */
const STORED = {
  numberOf: Number,
  refuseNames: () => {
    throw new RangeError('more names than there are')
  },
  namesMax: Number.POSITIVE_INFINITY,
}

function* readMembersInSteps(members: Readonly<Record<string, TypedJson>>): Steps<Item> {
  const item = new Map<string, AttributeValue>()
  for (const name of Object.keys(members)) {
    const value = readNested(members[name] as TypedJson)
    item.set(name, 'type' in value ? value : yield* value)
    if (item.size % STEP_ELEMENTS === 0) yield
  }
  return item
}

/** The value, or the steps to it if it is a collection. */
function readNested(typed: TypedJson): AttributeValue | Steps<AttributeValue> {
  const type = Object.keys(typed)[0] as AttributeValue['type']
  return isScalarType(type) || type === 'BOOL' || type === 'NULL'
    ? readValue(typed)
    : readCollection(type, typed)
}

function* readCollection(type: AttributeValue['type'], typed: TypedJson): Steps<AttributeValue> {
  yield
  if (type === 'L') {
    const elements: AttributeValue[] = []
    for (const element of typed.L as TypedJson[]) {
      const value = readNested(element)
      if (elements.push('type' in value ? value : yield* value) % STEP_ELEMENTS === 0) yield
    }
    return { type, value: elements }
  }
  if (type === 'M') {
    return { type, value: yield* readMembersInSteps(typed.M as Record<string, TypedJson>) }
  }
  if (isSetType(type)) {
    const elementType = setElementType(type)
    const read = (text: string) => readScalar(elementType, text)
    return { type, value: yield* mapInSteps(typed[type] as string[], read) }
  }
  if (isTypedMapType(type)) {
    const entries = yield* typedMapEntries(type, typed[type] as Record<string, string>)
    return { type, value: yield* entriesInSteps(typedMapKeyType(type), entries) }
  }
  return readValue(typed)
}

/** A value such as `{"S":"x"}`, as `JSON.parse` returns it. */
type TypedJson = Readonly<Record<string, unknown>>

function readMembers(members: Readonly<Record<string, TypedJson>>): Item {
  const item = new Map<string, AttributeValue>()
  for (const name of Object.keys(members)) item.set(name, readValue(members[name] as TypedJson))
  return item
}

function readValue(typed: TypedJson): AttributeValue {
  const type = Object.keys(typed)[0] as AttributeValue['type']
  const value = typed[type]
  if (isScalarType(type))
    return { type, value: readScalar(type, value as string) } as AttributeValue
  if (isSetType(type)) {
    const elementType = setElementType(type)
    return { type, value: (value as string[]).map((text) => readScalar(elementType, text)) }
  }
  if (isTypedMapType(type)) {
    return { type, value: readTypedMap(type, value as Record<string, string>) }
  }
  switch (type) {
    case 'L':
      return { type, value: (value as TypedJson[]).map(readValue) }
    case 'M':
      return { type, value: readMembers(value as Record<string, TypedJson>) }
    default:
      return { type, value } as AttributeValue
  }
}

function readScalar(type: ScalarType, text: string): Scalar {
  return type === 'B' ? Buffer.from(text, 'base64') : text
}

/**
 * Sorts again, because `Object.keys` returns integer-like names first, in ascending order. This is
 * not the canonical order of text keys, nor of numbers with a sign or a fraction.
 */
function readTypedMap(type: TypedMapType, members: Readonly<Record<string, string>>) {
  return sortedEntries(typedMapKeyType(type), finished(typedMapEntries(type, members)))
}

function typedMapEntries(
  type: TypedMapType,
  members: Readonly<Record<string, string>>,
): Steps<readonly TypedMapEntry[]> {
  const keyType = typedMapKeyType(type)
  const valueType = typedMapValueType(type)
  return mapInSteps(
    Object.keys(members),
    (key): TypedMapEntry => [
      readScalar(keyType, key),
      readScalar(valueType, members[key] as string),
    ],
  )
}
