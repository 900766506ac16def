import { type Condition, comparison, type KeyCondition } from '../../../expression/condition.ts'
import { pathOf } from '../../../expression/path.ts'
import { type AttributeValue, isScalar } from '../../../model/attribute-value.ts'
import { IN_OPERANDS_MAX } from '../../../model/limits.ts'
import { compareScalars } from '../../../model/scalar-order.ts'
import { validationError } from '../../invalid-request.ts'
import { INVALID_PARAMETERS } from '../refusal.ts'

export const LEGACY_OPERATORS = [
  ...(['IN', 'NULL', 'BETWEEN', 'LT', 'NOT_CONTAINS', 'EQ', 'GT', 'NOT_NULL', 'NE'] as const),
  ...(['LE', 'BEGINS_WITH', 'GE', 'CONTAINS'] as const),
] as const
export type LegacyOperator = (typeof LEGACY_OPERATORS)[number]

const SCALARS: readonly string[] = ['S', 'N', 'B']
const ONE = [1, 1] as const
const NONE = [0, 0] as const

interface Rule {
  readonly count: readonly [min: number, max: number]
  /** Types that the operator compares. Absent: all. */
  readonly types?: readonly string[]
}

const RULES: Readonly<Record<LegacyOperator, Rule>> = {
  EQ: { count: ONE },
  NE: { count: ONE },
  LE: { count: ONE, types: SCALARS },
  LT: { count: ONE, types: SCALARS },
  GE: { count: ONE, types: SCALARS },
  GT: { count: ONE, types: SCALARS },
  CONTAINS: { count: ONE, types: SCALARS },
  NOT_CONTAINS: { count: ONE, types: SCALARS },
  BEGINS_WITH: { count: ONE, types: ['S', 'B'] },
  IN: { count: [1, IN_OPERANDS_MAX], types: SCALARS },
  BETWEEN: { count: [2, 2], types: SCALARS },
  NULL: { count: NONE },
  NOT_NULL: { count: NONE },
}

/** @throws MagnetoDBError if the operator does not accept these operands */
export function checkOperands(operator: LegacyOperator, operands: readonly AttributeValue[]): void {
  const { count, types } = RULES[operator]
  if (operands.length < count[0] || operands.length > count[1]) {
    throw validationError(
      `${INVALID_PARAMETERS}Invalid number of argument(s) for the ${operator} ComparisonOperator`,
    )
  }
  const wrong = types && operands.find(({ type }) => !types.includes(type))
  if (wrong) {
    throw validationError(
      `${INVALID_PARAMETERS}ComparisonOperator ${operator} is not valid for ${wrong.type} ` +
        'AttributeValue type',
    )
  }
  if (operands.some(({ type }) => type !== operands[0]?.type)) {
    throw validationError(
      `${INVALID_PARAMETERS}AttributeValues inside AttributeValueList must be of same type`,
    )
  }
  if (operator === 'BETWEEN') checkBounds(operands)
}

function checkBounds([low, high]: readonly AttributeValue[]): void {
  if (!low || !high || !isScalar(low) || !isScalar(high)) return
  if (compareScalars(low.type, low.value, high.value) <= 0) return
  throw validationError(
    'The BETWEEN condition was provided a range where the lower bound is greater than the ' +
      'upper bound',
  )
}

/** The operands have been checked. */
export function legacyCondition(
  attribute: string,
  operator: LegacyOperator,
  operands: readonly AttributeValue[],
): Condition {
  const [value, high] = operands as [AttributeValue, AttributeValue]
  const path = pathOf(attribute)
  const operand = { is: 'path', path } as const
  switch (operator) {
    case 'NULL':
      return { op: 'attribute_not_exists', path }
    case 'NOT_NULL':
      return { op: 'attribute_exists', path }
    case 'IN':
      return { op: 'in', operand, list: operands.map((each) => ({ is: 'value', value: each })) }
    case 'BETWEEN': {
      const [from, to] = [value, high].map((each) => ({ is: 'value', value: each }) as const)
      return { op: 'between', operand, low: from as Literal, high: to as Literal }
    }
    case 'NOT_CONTAINS': {
      const condition = comparison(attribute, 'contains', value)
      return {
        op: 'and',
        conditions: [
          { op: 'attribute_exists', path },
          { op: 'not', condition },
        ],
      }
    }
    default:
      return comparison(attribute, COMPARISONS[operator], value)
  }
}

type Literal = { readonly is: 'value'; readonly value: AttributeValue }

const COMPARISONS = {
  EQ: 'eq',
  NE: 'ne',
  LE: 'le',
  LT: 'lt',
  GE: 'ge',
  GT: 'gt',
  CONTAINS: 'contains',
  BEGINS_WITH: 'begins_with',
} as const

/** Undefined if the operator cannot be a key condition. */
export function legacyKeyCondition(
  operator: LegacyOperator,
  operands: readonly AttributeValue[],
): KeyCondition | undefined {
  const [value, high] = operands as [AttributeValue, AttributeValue]
  switch (operator) {
    case 'EQ':
    case 'LE':
    case 'LT':
    case 'GE':
    case 'GT':
    case 'BEGINS_WITH':
      return { op: COMPARISONS[operator], value }
    case 'BETWEEN':
      return { op: 'between', low: value, high }
    default:
      return undefined
  }
}
