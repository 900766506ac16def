import {
  type AttributeValue,
  type Item,
  isScalarType,
  isSetType,
  isTypedMapType,
  type Scalar,
  type ScalarType,
  setElementType,
  type TypedMapType,
  typedMapKeyType,
  typedMapValueType,
} from './attribute-value.ts'
import { sortedEntries } from './scalar-order.ts'

/**
 * An item as the typed JSON text `{"name":{"S":"x"},…}` that both wires speak and that storage
 * holds: no spaces, names in the item's order, canonical values (model/attribute-value.ts).
 */
export interface EncodedItem {
  readonly json: string
  /** Holds, at any depth, one of v1's typed maps, which the DynamoDB wire has to show as M. */
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
    default: {
      const members = value.value.map(([key, m]) => `${writeScalar(key)}:${writeScalar(m)}`)
      return `{"${value.type}":{${members.join()}}}`
    }
  }
}

function writeScalar(value: Scalar): string {
  return typeof value === 'string' ? quoted(value) : `"${value.toString('base64')}"`
}

/** Printable ASCII without `"` and `\`, which JSON writes as it is. */
const UNESCAPED = /^[ !#-[\]-~]*$/
/** Longer texts are quicker left to `JSON.stringify`. */
const CHECKED_LENGTH_MAX = 100

/** As `JSON.stringify`, in a third of its time for short plain text, as most values are. */
function quoted(text: string): string {
  if (text.length <= CHECKED_LENGTH_MAX && UNESCAPED.test(text)) return `"${text}"`
  return JSON.stringify(text)
}

/** The item of a text that `encodeItem` wrote. Input from outside is checked by the wires. */
export function readItem(json: string): Item {
  return readMembers(JSON.parse(json) as Record<string, TypedJson>)
}

/** `{"S":"x"}` and its like, as `JSON.parse` gives them. */
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
 * `Object.keys` gives integer-like names first, in ascending order, which is not the canonical
 * order of text keys, nor of numbers with a sign or a fraction: sort again.
 */
function readTypedMap(type: TypedMapType, members: Readonly<Record<string, string>>) {
  const keyType = typedMapKeyType(type)
  const valueType = typedMapValueType(type)
  return sortedEntries(
    keyType,
    Object.keys(members).map(
      (key) => [readScalar(keyType, key), readScalar(valueType, members[key] as string)] as const,
    ),
  )
}
