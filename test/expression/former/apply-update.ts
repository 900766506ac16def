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

/** PUT sets the attribute. ADD adds numbers, or merges sets or typed maps, and sets an absent
 * attribute. DELETE removes the attribute, or with a value the members of a set, or the keys in a
 * set from a typed map. */
export interface FormerUpdate {
  readonly action: 'PUT' | 'ADD' | 'DELETE'
  readonly value: AttributeValue | undefined
}

/** An element of a set, or an entry of a typed map. */
type Member = Scalar | TypedMapEntry

interface Collection {
  readonly type: SetType | TypedMapType
  readonly value: readonly Member[]
}

/** The item after updates by v1's former code, or null if there was none and the updates are only
 * deletions. The updates name no key attribute. Throws `invalid_update` if an action does not fit
 * the present value. */
export function applyUpdates(
  old: Item | null,
  key: Item,
  updates: ReadonlyMap<string, FormerUpdate>,
): Item | null {
  const actions = [...updates.values()].map(({ action }) => action)
  if (old === null && updates.size > 0 && actions.every((each) => each === 'DELETE')) return null
  const item = new Map(old ?? key)
  for (const [attribute, { action, value }] of updates) {
    const before = item.get(attribute)
    const change = { PUT: () => value, ADD: added, DELETE: subtracted }[action]
    const after = value && change(attribute, before, value)
    if (after === undefined) item.delete(attribute)
    else item.set(attribute, after)
  }
  return item
}

function added(
  name: string,
  old: AttributeValue | undefined,
  value: AttributeValue,
): AttributeValue {
  if (value.type !== 'N' && !isCollection(value)) {
    throw new MagnetoDBError({ is: 'add_operand_type' })
  }
  if (old === undefined) return value
  if (old.type === 'N' && value.type === 'N') {
    return { type: 'N', value: sum(name, old.value, value.value) }
  }
  if (!isCollection(old) || !isCollection(value) || old.type !== value.type) throw wrongType(name)
  const type = memberType(old)
  const members = [...without(old, value), ...value.value]
  const merged = isSetType(old.type)
    ? sortedUnique(type, members as Scalar[])
    : sortedEntries(type, members as TypedMapEntry[])
  return { type: old.type, value: merged } as AttributeValue
}

/** Undefined if nothing is left, since attributes cannot be empty collections. */
function subtracted(
  name: string,
  old: AttributeValue | undefined,
  value: AttributeValue,
): AttributeValue | undefined {
  if (!old || !isCollection(old)) return undefined
  if (!isCollection(value) || value.type !== `${memberType(old)}S`) throw wrongType(name)
  const left = without(old, value)
  return left.length > 0 ? ({ type: old.type, value: left } as AttributeValue) : undefined
}

function sum(name: string, old: string, value: string): string {
  try {
    return addNumbers(old, value)
  } catch (error) {
    if (!(error instanceof NumberFormatError)) throw error
    throw new MagnetoDBError({ is: 'sum_out_of_range', name, fault: error.fault })
  }
}

/** The members of one collection that have no equal in the other. */
function without(collection: Collection, others: Collection): readonly Member[] {
  const removed = new Set(others.value.map(identity))
  return collection.value.filter((member) => !removed.has(identity(member)))
}

/** Two elements, or two entries, are equal if their identities are. */
function identity(member: Member): string {
  const key = Array.isArray(member) ? member[0] : member
  return typeof key === 'string' ? key : key.toString('latin1')
}

function isCollection(value: AttributeValue): value is Extract<AttributeValue, Collection> {
  return isSetType(value.type) || isTypedMapType(value.type)
}

/** The type of a set's elements or of a typed map's keys. */
function memberType({ type }: Collection): ScalarType {
  return isSetType(type) ? setElementType(type) : typedMapKeyType(type)
}

function wrongType(name: string): MagnetoDBError {
  return new MagnetoDBError({ is: 'update_operand_type', name })
}
