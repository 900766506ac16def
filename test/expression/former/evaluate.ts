import { includesBytes, includesText } from '../../../src/expression/substring.ts'
import {
  type AttributeValue,
  isScalar,
  isSetType,
  isTypedMapType,
  type Scalar,
  scalarsEqual,
  setElementType,
  type TypedMapEntry,
  typedMapKeyType,
  valuesEqual,
} from '../../../src/model/attribute-value.ts'
import { compareScalars } from '../../../src/model/scalar-order.ts'

type Holds = (value: AttributeValue, ...operands: AttributeValue[]) => boolean

/** By the operator of a condition of `scan_filter`: whether it holds for a present attribute. */
const HOLDS: Readonly<Record<string, Holds>> = {
  NULL: () => false,
  NOT_NULL: () => true,
  EQ: (value, operand) => valuesEqual(value, operand),
  NE: (value, operand) => !valuesEqual(value, operand),
  LT: (value, operand) => order(value, operand) < 0,
  LE: (value, operand) => order(value, operand) <= 0,
  GT: (value, operand) => order(value, operand) > 0,
  GE: (value, operand) => order(value, operand) >= 0,
  BETWEEN: (value, low, high) => order(value, low) >= 0 && order(value, high) <= 0,
  IN: (value, ...operands) => operands.some((each) => valuesEqual(value, each)),
  BEGINS_WITH: beginsWith,
  CONTAINS: (value, operand) => contains(value, operand) === true,
  NOT_CONTAINS: (value, operand) => contains(value, operand) === false,
}

/** Whether v1's former evaluator found the condition met. An absent attribute meets only NULL, and
 * a comparison of values of different types is false, except NE. */
export function evaluate(
  value: AttributeValue | undefined,
  operator: string,
  operands: readonly AttributeValue[],
): boolean {
  if (value === undefined) return operator === 'NULL'
  return HOLDS[operator]?.(value, ...operands) ?? false
}

/** NaN if the values have no common order. */
function order(a: AttributeValue, b: AttributeValue): number {
  if (!isScalar(a) || !isScalar(b) || a.type !== b.type) return Number.NaN
  return compareScalars(a.type, a.value, b.value)
}

function beginsWith(value: AttributeValue, operand: AttributeValue): boolean {
  if (value.type === 'S' && operand.type === 'S') return value.value.startsWith(operand.value)
  if (value.type !== 'B' || operand.type !== 'B') return false
  return value.value.subarray(0, operand.value.length).equals(operand.value)
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
    return (value.value as readonly TypedMapEntry[]).some(([key]) => has(key))
  }
  return undefined
}
