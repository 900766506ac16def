import { type AttributeValue, type Item, isScalar, valuesEqual } from '../model/attribute-value.ts'
import { compareScalars } from '../model/scalar-order.ts'
import { andThen, isSteps, type Stepped, type Steps } from '../model/steps.ts'
import type { ComparisonOperator, Condition, Operand } from './condition.ts'
import { beginsWith, contains, sizeOf } from './operands.ts'
import { valueAt } from './path.ts'

/**
 * Whether the item meets the condition. A missing item counts as one without attributes. A
 * comparison with an absent value, or one of another type, is false, and true for `ne`. Takes steps
 * if there is more than one comparison. Recursion is bounded, because wires limit the operators.
 */
export function evaluate(condition: Condition, item: Item | null): Stepped<boolean> {
  switch (condition.op) {
    case 'and':
      return evaluateUntil(false, condition.conditions, item)
    case 'or':
      return evaluateUntil(true, condition.conditions, item)
    case 'not':
      return andThen(evaluate(condition.condition, item), (isMet) => !isMet)
    case 'in':
      return isOneOf(operandOf(condition.operand, item), condition.list, item)
    default:
      return evaluateOne(condition, item)
  }
}

/** Stops at the first condition whose result is `wanted`. */
function* evaluateUntil(
  wanted: boolean,
  conditions: readonly Condition[],
  item: Item | null,
): Steps<boolean> {
  for (const each of conditions) {
    const isMet = evaluate(each, item)
    if ((isSteps(isMet) ? yield* isMet : isMet) === wanted) return wanted
    yield
  }
  return !wanted
}

function* isOneOf(
  value: AttributeValue | undefined,
  list: readonly Operand[],
  item: Item | null,
): Steps<boolean> {
  for (const each of list) {
    if (holds('eq', value, operandOf(each, item))) return true
    yield
  }
  return false
}

type OneCondition = Exclude<Condition, { op: 'and' | 'or' | 'not' | 'in' }>

function evaluateOne(condition: OneCondition, item: Item | null): boolean {
  switch (condition.op) {
    case 'attribute_exists':
      return valueAt(item, condition.path) !== undefined
    case 'attribute_not_exists':
      return valueAt(item, condition.path) === undefined
    case 'attribute_type': {
      const value = valueAt(item, condition.path)
      return value !== undefined && condition.types.includes(value.type)
    }
    case 'between': {
      const value = operandOf(condition.operand, item)
      return (
        holds('ge', value, operandOf(condition.low, item)) &&
        holds('le', value, operandOf(condition.high, item))
      )
    }
    default: {
      const left = operandOf(condition.left, item)
      return holds(condition.op, left, operandOf(condition.right, item))
    }
  }
}

function operandOf(operand: Operand, item: Item | null): AttributeValue | undefined {
  switch (operand.is) {
    case 'value':
      return operand.value
    case 'path':
      return valueAt(item, operand.path)
    case 'size':
      return sizeOf(valueAt(item, operand.path))
  }
}

function holds(
  operator: ComparisonOperator,
  left: AttributeValue | undefined,
  right: AttributeValue | undefined,
): boolean {
  if (left === undefined || right === undefined) return operator === 'ne'
  switch (operator) {
    case 'eq':
      return valuesEqual(left, right)
    case 'ne':
      return !valuesEqual(left, right)
    case 'begins_with':
      return beginsWith(left, right)
    case 'contains':
      return contains(left, right)
    default:
      return ordered(operator, left, right)
  }
}

function ordered(
  operator: 'lt' | 'le' | 'gt' | 'ge',
  left: AttributeValue,
  right: AttributeValue,
): boolean {
  if (left.type !== right.type || !isScalar(left) || !isScalar(right)) return false
  const order = compareScalars(left.type, left.value, right.value)
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
