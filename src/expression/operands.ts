import {
  type AttributeValue,
  isScalar,
  isSetType,
  isTypedMapType,
  type Scalar,
  scalarsEqual,
  setElementType,
  typedMapKeyType,
  valuesEqual,
} from '../model/attribute-value.ts'
import { includesBytes, includesText } from './substring.ts'

export function beginsWith(value: AttributeValue, start: AttributeValue): boolean {
  if (value.type === 'S' && start.type === 'S') return value.value.startsWith(start.value)
  if (value.type === 'B' && start.type === 'B') {
    return value.value.subarray(0, start.value.length).equals(start.value)
  }
  return false
}

/** Whether the value has `part` as a substring, as an element, or as a key of a typed map. */
export function contains(value: AttributeValue, part: AttributeValue): boolean {
  if (value.type === 'L') return value.value.some((element) => valuesEqual(element, part))
  if (!isScalar(part)) return false
  if (value.type === 'S' && part.type === 'S') return includesText(value.value, part.value)
  if (value.type === 'B' && part.type === 'B') return includesBytes(value.value, part.value)
  const isPart = (scalar: Scalar): boolean => scalarsEqual(scalar, part.value)
  if (isSetType(value.type) && setElementType(value.type) === part.type) {
    return (value.value as readonly Scalar[]).some(isPart)
  }
  if (isTypedMapType(value.type) && typedMapKeyType(value.type) === part.type) {
    return (value.value as readonly (readonly [Scalar, Scalar])[]).some(([key]) => isPart(key))
  }
  return false
}

/** The number of bytes of text and binary values, or of elements or members of collections.
 * Undefined for numbers, booleans and NULL, which have no size. */
export function sizeOf(value: AttributeValue | undefined): AttributeValue | undefined {
  if (value === undefined) return undefined
  switch (value.type) {
    case 'N':
    case 'BOOL':
    case 'NULL':
      return undefined
    case 'S':
      return number(Buffer.byteLength(value.value))
    case 'M':
      return number(value.value.size)
    default:
      return number(value.value.length)
  }
}

function number(size: number): AttributeValue {
  return { type: 'N', value: String(size) }
}
