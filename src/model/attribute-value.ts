import { type NumberText, numberSizeBytes } from './number.ts'

export type ScalarType = 'S' | 'N' | 'B'
export type SetType = 'SS' | 'NS' | 'BS'
/** MagnetoDB v1's typed maps: key type, value type, `M`. DynamoDB has only M. */
export type TypedMapType = `${ScalarType}${ScalarType}M`
export type DocumentType = 'BOOL' | 'NULL' | 'L' | 'M'
export type AttributeType = ScalarType | SetType | TypedMapType | DocumentType

/** S: text. N: canonical number text. B: bytes. */
export type Scalar = string | Buffer

/**
 * One attribute's value in canonical form: numbers canonical, sets and typed maps without
 * duplicates and in ascending order of their elements or keys (`scalar-order.ts`).
 */
export type AttributeValue =
  | { readonly type: 'S'; readonly value: string }
  | { readonly type: 'N'; readonly value: NumberText }
  | { readonly type: 'B'; readonly value: Buffer }
  | { readonly type: SetType; readonly value: readonly Scalar[] }
  | { readonly type: TypedMapType; readonly value: readonly TypedMapEntry[] }
  | { readonly type: 'BOOL'; readonly value: boolean }
  | { readonly type: 'NULL'; readonly value: true }
  | { readonly type: 'L'; readonly value: readonly AttributeValue[] }
  | { readonly type: 'M'; readonly value: ReadonlyMap<string, AttributeValue> }

export type ScalarValue = Extract<AttributeValue, { type: ScalarType }>
export type TypedMapEntry = readonly [key: Scalar, value: Scalar]

/** Attribute names and values. A Map, because an object would treat `__proto__` specially. */
export type Item = ReadonlyMap<string, AttributeValue>

const SCALAR_TYPES: readonly string[] = ['S', 'N', 'B']
const SET_ELEMENT_TYPES = { SS: 'S', NS: 'N', BS: 'B' } as const
const TYPED_MAP = /^[SNB][SNB]M$/
const DOCUMENT_TYPES: readonly string[] = ['BOOL', 'NULL', 'L', 'M']

export function isScalarType(type: string): type is ScalarType {
  return SCALAR_TYPES.includes(type)
}

export function isSetType(type: string): type is SetType {
  return Object.hasOwn(SET_ELEMENT_TYPES, type)
}

export function isTypedMapType(type: string): type is TypedMapType {
  return type.length === 3 && TYPED_MAP.test(type)
}

export function isAttributeType(type: string): type is AttributeType {
  return (
    isScalarType(type) || isSetType(type) || isTypedMapType(type) || DOCUMENT_TYPES.includes(type)
  )
}

export function isScalar(value: AttributeValue): value is ScalarValue {
  return isScalarType(value.type)
}

export function setElementType(type: SetType): ScalarType {
  return SET_ELEMENT_TYPES[type]
}

export function typedMapKeyType(type: TypedMapType): ScalarType {
  return type[0] as ScalarType
}

export function typedMapValueType(type: TypedMapType): ScalarType {
  return type[1] as ScalarType
}

/** Equality as in conditions: same type and same value. */
export function valuesEqual(a: AttributeValue, b: AttributeValue): boolean {
  if (a.type !== b.type) return false
  switch (a.type) {
    case 'S':
    case 'N':
    case 'BOOL':
    case 'NULL':
      return a.value === b.value
    case 'B':
      return a.value.equals(b.value as Buffer)
    case 'L':
      return listsEqual(a.value, b.value as readonly AttributeValue[])
    case 'M':
      return mapsEqual(a.value, b.value as Item)
    case 'SS':
    case 'NS':
    case 'BS':
      return everyPair(a.value, b.value as readonly Scalar[], scalarsEqual)
    default:
      return everyPair(a.value, b.value as readonly TypedMapEntry[], entriesEqual)
  }
}

function everyPair<T>(a: readonly T[], b: readonly T[], equal: (x: T, y: T) => boolean): boolean {
  return a.length === b.length && a.every((element, i) => equal(element, b[i] as T))
}

export function scalarsEqual(a: Scalar, b: Scalar): boolean {
  return typeof a === 'string' ? a === b : a.equals(b as Buffer)
}

function entriesEqual(a: TypedMapEntry, b: TypedMapEntry): boolean {
  return scalarsEqual(a[0], b[0]) && scalarsEqual(a[1], b[1])
}

function listsEqual(a: readonly AttributeValue[], b: readonly AttributeValue[]): boolean {
  return everyPair(a, b, valuesEqual)
}

function mapsEqual(a: Item, b: Item): boolean {
  if (a.size !== b.size) return false
  for (const [name, value] of a) {
    const other = b.get(name)
    if (!other || !valuesEqual(value, other)) return false
  }
  return true
}

/** Bytes of names and values, by the rule of DynamoDB's guide ("Item sizes and formats"). */
export function itemSizeBytes(item: Item): number {
  let size = 0
  for (const [name, value] of item) size += Buffer.byteLength(name) + valueSizeBytes(value)
  return size
}

const CONTAINER_OVERHEAD_BYTES = 3
const ELEMENT_OVERHEAD_BYTES = 1

export function valueSizeBytes(value: AttributeValue): number {
  switch (value.type) {
    case 'S':
    case 'N':
    case 'B':
      return scalarSizeBytes(value.type, value.value)
    case 'BOOL':
    case 'NULL':
      return 1
    case 'SS':
    case 'NS':
    case 'BS': {
      const type = setElementType(value.type)
      return sum(value.value, (element) => scalarSizeBytes(type, element))
    }
    case 'L':
      return containerSizeBytes(value.value, valueSizeBytes)
    case 'M':
      return containerSizeBytes(
        [...value.value],
        ([name, member]) => Buffer.byteLength(name) + valueSizeBytes(member),
      )
    default: {
      const keyType = typedMapKeyType(value.type)
      const valueType = typedMapValueType(value.type)
      return containerSizeBytes(
        value.value,
        ([key, member]) => scalarSizeBytes(keyType, key) + scalarSizeBytes(valueType, member),
      )
    }
  }
}

/** Bytes of one scalar. Limits on keys count this size too. */
export function scalarSizeBytes(type: ScalarType, value: Scalar): number {
  if (type === 'N') return numberSizeBytes(value as string)
  return typeof value === 'string' ? Buffer.byteLength(value) : value.length
}

function containerSizeBytes<T>(elements: readonly T[], size: (element: T) => number): number {
  return CONTAINER_OVERHEAD_BYTES + sum(elements, (e) => ELEMENT_OVERHEAD_BYTES + size(e))
}

function sum<T>(elements: readonly T[], size: (element: T) => number): number {
  return elements.reduce((total, element) => total + size(element), 0)
}
