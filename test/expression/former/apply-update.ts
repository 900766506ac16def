import {
  type AttributeValue,
  type Item,
  isSetType,
  isTypedMapType,
  type Scalar,
  type ScalarType,
  type SetType,
  setElementType,
  type TypedMapEntry,
  type TypedMapType,
  typedMapKeyType,
} from '../../../src/model/attribute-value.ts'
import { MagnetoDBError } from '../../../src/model/errors.ts'
import { addNumbers, NumberFormatError } from '../../../src/model/number.ts'
import { sortedEntries, sortedUnique } from '../../../src/model/scalar-order.ts'
import type { UpdateAction } from './condition.ts'

/** The item after the updates, or null if there was none and the updates are only deletions, which
 * do not create one. The updates name no key attribute. Throws `invalid_update` if an action does
 * not fit the present value. */
export function applyUpdates(
  old: Item | null,
  key: Item,
  updates: ReadonlyMap<string, UpdateAction>,
): Item | null {
  if (old === null && updates.size > 0 && [...updates.values()].every(isDeletion)) return null
  const item = new Map(old ?? key)
  for (const [attribute, update] of updates) {
    const value = updated(attribute, item.get(attribute), update)
    if (value === undefined) item.delete(attribute)
    else item.set(attribute, value)
  }
  return item
}

function isDeletion(update: UpdateAction): boolean {
  return update.action === 'delete'
}

function updated(
  attribute: string,
  old: AttributeValue | undefined,
  update: UpdateAction,
): AttributeValue | undefined {
  switch (update.action) {
    case 'put':
      return update.value
    case 'add':
      return added(attribute, old, update.value)
    case 'delete':
      return update.value && old && isCollection(old)
        ? subtracted(attribute, old, update.value)
        : undefined
  }
}

function isCollection({ type }: AttributeValue): boolean {
  return isSetType(type) || isTypedMapType(type)
}

function added(
  attribute: string,
  old: AttributeValue | undefined,
  value: AttributeValue,
): AttributeValue {
  if (value.type !== 'N' && !isCollection(value)) {
    throw new MagnetoDBError({ is: 'add_operand_type' })
  }
  if (old === undefined) return value
  if (old.type !== value.type) throw wrongType(attribute)
  if (value.type === 'N') return { type: 'N', value: sum(attribute, old.value as string, value) }
  if (isSetType(value.type)) {
    return asSet(value.type, union(value.type, scalars(old), scalars(value)))
  }
  const type = value.type as TypedMapType
  return asTypedMap(type, merged(type, entries(old), entries(value)))
}

function sum(attribute: string, old: string, value: { readonly value: string }): string {
  try {
    return addNumbers(old, value.value)
  } catch (error) {
    if (!(error instanceof NumberFormatError)) throw error
    throw new MagnetoDBError({ is: 'sum_out_of_range', name: attribute, fault: error.fault })
  }
}

function union(type: SetType, a: readonly Scalar[], b: readonly Scalar[]): readonly Scalar[] {
  return sortedUnique(setElementType(type), [...a, ...b])
}

function merged(type: TypedMapType, a: readonly TypedMapEntry[], b: readonly TypedMapEntry[]) {
  return sortedEntries(typedMapKeyType(type), [
    ...without(
      a,
      b.map(([key]) => key),
    ),
    ...b,
  ])
}

function without(map: readonly TypedMapEntry[], keys: readonly Scalar[]): readonly TypedMapEntry[] {
  const removed = new Set(keys.map(identity))
  return map.filter(([key]) => !removed.has(identity(key)))
}

/** Two scalars of one type are equal if their identities are. */
function identity(scalar: Scalar): string {
  return typeof scalar === 'string' ? scalar : scalar.toString('latin1')
}

/** Undefined if nothing is left, since attributes cannot be empty collections. */
function subtracted(
  attribute: string,
  old: AttributeValue,
  value: AttributeValue,
): AttributeValue | undefined {
  if (!isSetType(value.type) || setElementType(value.type) !== elementOrKeyType(old)) {
    throw wrongType(attribute)
  }
  if (isTypedMapType(old.type)) {
    const left = without(entries(old), scalars(value))
    return left.length > 0 ? asTypedMap(old.type, left) : undefined
  }
  const removed = new Set(scalars(value).map(identity))
  const left = scalars(old).filter((element) => !removed.has(identity(element)))
  return left.length > 0 ? asSet(old.type as SetType, left) : undefined
}

function elementOrKeyType({ type }: AttributeValue): ScalarType | undefined {
  if (isSetType(type)) return setElementType(type)
  return isTypedMapType(type) ? typedMapKeyType(type) : undefined
}

function scalars(set: AttributeValue): readonly Scalar[] {
  return set.value as readonly Scalar[]
}

function entries(map: AttributeValue): readonly TypedMapEntry[] {
  return map.value as readonly TypedMapEntry[]
}

function asSet(type: SetType, value: readonly Scalar[]): AttributeValue {
  return { type, value }
}

function asTypedMap(type: TypedMapType, value: readonly TypedMapEntry[]): AttributeValue {
  return { type, value }
}

function wrongType(attribute: string): MagnetoDBError {
  return new MagnetoDBError({ is: 'update_operand_type', name: attribute })
}
