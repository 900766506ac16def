import {
  type AttributeValue,
  isSetType,
  type Scalar,
  type ScalarType,
  type SetType,
  setElementType,
  type TypedMapEntry,
  typedMapKeyType,
} from '../model/attribute-value.ts'
import { MagnetoDBError } from '../model/errors.ts'
import { compareScalars, entriesInSteps, uniqueInSteps } from '../model/scalar-order.ts'
import { filterInSteps, STEP_ELEMENTS, type Stepped, type Steps } from '../model/steps.ts'
import { isTypedMap, type TypedMap } from '../model/typed-map.ts'
import { sum, wrongType } from './set-value.ts'

type SetValue = Extract<AttributeValue, { type: SetType }>

/** The sum, union or merge; the value itself if there is no old one. */
export function added(
  name: string,
  old: AttributeValue | undefined,
  value: AttributeValue,
): Stepped<AttributeValue> {
  if (value.type !== 'N' && !isCollection(value)) {
    throw new MagnetoDBError({ is: 'add_operand_type' })
  }
  if (old === undefined) return value
  if (value.type === 'N') return sum(name, old, 'plus', value)
  if (isSet(old) && isSet(value) && old.type === value.type) return union(old, value)
  if (isTypedMap(old) && isTypedMap(value) && old.type === value.type) return merged(old, value)
  throw wrongType(name)
}

/** The set without the elements. Undefined if none is left, because a set must not be empty. */
export function subtracted(
  name: string,
  old: AttributeValue | undefined,
  value: AttributeValue,
): Stepped<AttributeValue | undefined> {
  if (old === undefined) return undefined
  if (!isSet(old) || !isSet(value) || old.type !== value.type) throw wrongType(name)
  return difference(old, value)
}

function* difference(
  { type, value }: SetValue,
  other: SetValue,
): Steps<AttributeValue | undefined> {
  const isRemoved = membership(other)
  const left = yield* filterInSteps(value, (element) => !isRemoved(element))
  return left.length > 0 ? { type, value: left } : undefined
}

/** Searches a large set in its canonical order. Many actions may name it, and each would pay for
 * building a `Set`. */
function membership({ type, value }: SetValue): (element: Scalar) => boolean {
  if (value.length <= STEP_ELEMENTS) {
    const members = new Set(value.map(identity))
    return (element) => members.has(identity(element))
  }
  const elementType = setElementType(type)
  return (element) => {
    let [from, to] = [0, value.length]
    while (from < to) {
      const middle = (from + to) >>> 1
      const order = compareScalars(elementType, value[middle] as Scalar, element)
      if (order === 0) return true
      if (order < 0) from = middle + 1
      else to = middle
    }
    return false
  }
}

/** Like `subtracted`. A set also removes keys from a typed map; a value that is no collection is
 * removed as a whole. */
export function discarded(
  name: string,
  old: AttributeValue | undefined,
  value: AttributeValue,
): Stepped<AttributeValue | undefined> {
  if (old === undefined || !isCollection(old)) return undefined
  if (!isTypedMap(old)) return subtracted(name, old, value)
  if (!isSet(value) || elementType(value) !== typedMapKeyType(old.type)) throw wrongType(name)
  const left = without(old.value, value.value)
  return left.length > 0 ? { type: old.type, value: left } : undefined
}

function isSet(value: AttributeValue): value is SetValue {
  return isSetType(value.type)
}

function isCollection(value: AttributeValue): value is SetValue | TypedMap {
  return isSet(value) || isTypedMap(value)
}

function elementType({ type }: SetValue): ScalarType {
  return setElementType(type)
}

function* union({ type, value }: SetValue, other: SetValue): Steps<AttributeValue> {
  const elements = [...value, ...other.value]
  return { type, value: yield* uniqueInSteps(setElementType(type), elements) }
}

function* merged({ type, value }: TypedMap, other: TypedMap): Steps<AttributeValue> {
  const keys = other.value.map(([key]) => key)
  const entries = [...without(value, keys), ...other.value]
  return { type, value: yield* entriesInSteps(typedMapKeyType(type), entries) }
}

function without(map: readonly TypedMapEntry[], keys: readonly Scalar[]): readonly TypedMapEntry[] {
  const removed = new Set(keys.map(identity))
  return map.filter(([key]) => !removed.has(identity(key)))
}

/** A text that is equal for equal scalars of one type. */
function identity(scalar: Scalar): string {
  return typeof scalar === 'string' ? scalar : scalar.toString('latin1')
}
