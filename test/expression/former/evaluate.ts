import { includesBytes, includesText } from '../../../src/expression/substring.ts'
import {
  type AttributeValue,
  type Item,
  isScalar,
  isSetType,
  isTypedMapType,
  type Scalar,
  scalarsEqual,
  setElementType,
  typedMapKeyType,
  valuesEqual,
} from '../../../src/model/attribute-value.ts'
import { compareScalars } from '../../../src/model/scalar-order.ts'
import type { Steps } from '../../../src/model/steps.ts'
import type { ComparisonOperator, Condition } from './condition.ts'

/** Whether the item meets the condition. A missing item counts as one without attributes. A
 * comparison with an absent attribute or with another type is false, except `ne`, which is true. */
export function evaluate(condition: Condition, item: Item | null): boolean {
  switch (condition.op) {
    case 'and':
      return condition.conditions.every((each) => evaluate(each, item))
    case 'attribute_exists':
      return item?.has(condition.attribute) ?? false
    case 'attribute_not_exists':
      return !item?.has(condition.attribute)
    case 'between': {
      const value = item?.get(condition.attribute)
      return holds('ge', value, condition.low) && holds('le', value, condition.high)
    }
    case 'in': {
      const value = item?.get(condition.attribute)
      return condition.values.some((each) => holds('eq', value, each))
    }
    default:
      return holds(condition.op, item?.get(condition.attribute), condition.value)
  }
}

/** As `evaluate`, but other work can run between the parts of a conjunction. */
export function* evaluateInSteps(condition: Condition, item: Item | null): Steps<boolean> {
  if (condition.op !== 'and') return evaluate(condition, item)
  for (const each of condition.conditions) {
    if (!evaluate(each, item)) return false
    yield
  }
  return true
}

function holds(
  operator: ComparisonOperator,
  value: AttributeValue | undefined,
  operand: AttributeValue,
): boolean {
  if (operator === 'ne') return value === undefined || !valuesEqual(value, operand)
  if (value === undefined) return false
  switch (operator) {
    case 'eq':
      return valuesEqual(value, operand)
    case 'begins_with':
      return beginsWith(value, operand)
    case 'contains':
      return contains(value, operand) === true
    case 'not_contains':
      return contains(value, operand) === false
    default:
      return ordered(operator, value, operand)
  }
}

function ordered(
  operator: 'lt' | 'le' | 'gt' | 'ge',
  value: AttributeValue,
  operand: AttributeValue,
): boolean {
  if (value.type !== operand.type || !isScalar(value) || !isScalar(operand)) return false
  const order = compareScalars(value.type, value.value, operand.value)
  switch (operator) {
    case 'lt':
      return order < 0
    case 'le':
      return order <= 0
    case 'gt':
      return order > 0
    case 'ge':
      return order >= 0
  }
}

function beginsWith(value: AttributeValue, operand: AttributeValue): boolean {
  if (value.type === 'S' && operand.type === 'S') return value.value.startsWith(operand.value)
  if (value.type === 'B' && operand.type === 'B') {
    return value.value.subarray(0, operand.value.length).equals(operand.value)
  }
  return false
}

/** Undefined if the types cannot be compared. */
function contains(value: AttributeValue, operand: AttributeValue): boolean | undefined {
  if (value.type === 'L') return value.value.some((element) => valuesEqual(element, operand))
  if (!isScalar(operand)) return undefined
  if (value.type === 'S' && operand.type === 'S') return includesText(value.value, operand.value)
  if (value.type === 'B' && operand.type === 'B') return includesBytes(value.value, operand.value)
  const has = (scalar: Scalar): boolean => scalarsEqual(scalar, operand.value)
  if (isSetType(value.type) && setElementType(value.type) === operand.type) {
    return (value.value as readonly Scalar[]).some(has)
  }
  if (isTypedMapType(value.type) && typedMapKeyType(value.type) === operand.type) {
    return (value.value as readonly (readonly [Scalar, Scalar])[]).some(([key]) => has(key))
  }
  return undefined
}
