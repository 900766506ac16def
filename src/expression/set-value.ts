import type { AttributeValue, Item } from '../model/attribute-value.ts'
import { MagnetoDBError } from '../model/errors.ts'
import { COLLECTION_ELEMENTS_MAX, ITEM_SIZE_BYTES_MAX } from '../model/limits.ts'
import { addNumbers, NumberFormatError, negated } from '../model/number.ts'
import { type Stepped, type Steps, settled } from '../model/steps.ts'
import { valueAt } from './path.ts'
import type { SetValue } from './update.ts'

/**
 * Computes the value that a SET assigns, from the item before the update. Recursion is bounded,
 * because wires limit the functions and operators of an expression.
 *
 * @throws MagnetoDBError `update_operand_missing`, `update_operand_type`, `sum_out_of_range` or
 *   `item_too_large`
 */
export function computed(
  name: string,
  set: SetValue,
  before: Item | null,
): Stepped<AttributeValue> {
  switch (set.is) {
    case 'value':
      return set.value
    case 'path': {
      const value = valueAt(before, set.path)
      if (value !== undefined) return value
      throw new MagnetoDBError({ is: 'update_operand_missing', name: set.path.attribute })
    }
    case 'if_not_exists':
      return valueAt(before, set.path) ?? computed(name, set.otherwise, before)
    default:
      return combined(name, set, before)
  }
}

type Combination = Extract<SetValue, { left: SetValue }>

function* combined(name: string, set: Combination, before: Item | null): Steps<AttributeValue> {
  const left = yield* settled(computed(name, set.left, before))
  if (left.type !== (set.is === 'list_append' ? 'L' : 'N')) throw wrongType(name)
  const right = yield* settled(computed(name, set.right, before))
  yield
  return set.is === 'list_append' ? appended(name, left, right) : sum(name, left, set.is, right)
}

function appended(name: string, left: AttributeValue, right: AttributeValue): AttributeValue {
  if (left.type !== 'L' || right.type !== 'L') throw wrongType(name)
  // No item can hold more, and an expression may append a list to itself repeatedly.
  if (left.value.length + right.value.length > COLLECTION_ELEMENTS_MAX) {
    throw new MagnetoDBError({ is: 'item_too_large', bytesMax: ITEM_SIZE_BYTES_MAX })
  }
  return { type: 'L', value: [...left.value, ...right.value] }
}

/** The exact sum or difference. @throws MagnetoDBError `sum_out_of_range` */
export function sum(
  name: string,
  left: AttributeValue,
  operator: 'plus' | 'minus',
  right: AttributeValue,
): AttributeValue {
  if (left.type !== 'N' || right.type !== 'N') throw wrongType(name)
  const addend = operator === 'plus' ? right.value : negated(right.value)
  try {
    return { type: 'N', value: addNumbers(left.value, addend) }
  } catch (error) {
    if (!(error instanceof NumberFormatError)) throw error
    throw new MagnetoDBError({ is: 'sum_out_of_range', name, fault: error.fault })
  }
}

export function wrongType(name: string): MagnetoDBError {
  return new MagnetoDBError({ is: 'update_operand_type', name })
}
