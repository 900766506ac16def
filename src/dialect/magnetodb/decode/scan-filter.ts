import { type Condition, comparison, type Operand } from '../../../expression/condition.ts'
import { type Path, pathOf } from '../../../expression/path.ts'
import type { AttributeType, AttributeValue, ScalarType } from '../../../model/attribute-value.ts'
import { IN_OPERANDS_MAX } from '../../../model/limits.ts'
import type { Steps } from '../../../model/steps.ts'
import { requireObject } from '../properties.ts'
import {
  type Comparison,
  decodeComparisons,
  KEY_OPERATORS,
  type OperatorRules,
} from './comparison.ts'
import { allOf, refuseTooManyConditions } from './expected.ts'

const ONE = { operandsMin: 1, operandsMax: 1, scalarsOnly: false } as const
const ONE_SCALAR = { operandsMin: 1, operandsMax: 1, scalarsOnly: true } as const
const NONE = { operandsMin: 0, operandsMax: 0, scalarsOnly: false } as const

const RULES: OperatorRules = {
  className: 'ScanCondition',
  operators: new Map([
    ...KEY_OPERATORS,
    ['EQ', ONE],
    ['NE', ONE],
    ['IN', { operandsMin: 1, operandsMax: IN_OPERANDS_MAX, scalarsOnly: true }],
    ['CONTAINS', ONE_SCALAR],
    ['NOT_CONTAINS', ONE_SCALAR],
    ['NULL', NONE],
    ['NOT_NULL', NONE],
  ]),
}

/** The condition in `scan_filter`; undefined if it is empty. */
export function* decodeScanFilter(json: unknown): Steps<Condition | undefined> {
  const filter = requireObject(json, 'scan_filter')
  refuseTooManyConditions(Object.keys(filter).length, 'scan_filter')
  return allOf((yield* decodeComparisons(filter, RULES)).map(lower))
}

/** The number of operands has been checked. */
function lower({ attribute, operator, operands }: Comparison): Condition {
  const path = pathOf(attribute)
  const [value, high] = operands as [AttributeValue, AttributeValue]
  switch (operator) {
    case 'NULL':
      return { op: 'attribute_not_exists', path }
    case 'NOT_NULL':
      return { op: 'attribute_exists', path }
    case 'NE':
      return notEqual(path, comparison(attribute, 'ne', value))
    case 'LT':
      return comparison(attribute, 'lt', value)
    case 'LE':
      return comparison(attribute, 'le', value)
    case 'GT':
      return comparison(attribute, 'gt', value)
    case 'GE':
      return comparison(attribute, 'ge', value)
    case 'BEGINS_WITH':
      return comparison(attribute, 'begins_with', value)
    case 'CONTAINS':
      return comparison(attribute, 'contains', value)
    case 'NOT_CONTAINS':
      return notContains(path, comparison(attribute, 'contains', value), value.type as ScalarType)
    case 'BETWEEN':
      return { op: 'between', operand: { is: 'path', path }, low: asIs(value), high: asIs(high) }
    case 'IN':
      return { op: 'in', operand: { is: 'path', path }, list: operands.map(asIs) }
    default:
      return comparison(attribute, 'eq', value)
  }
}

function asIs(value: AttributeValue): Operand {
  return { is: 'value', value }
}

/** An item without the attribute meets the core's `ne`, but not v1's NE. */
function notEqual(path: Path, unequal: Condition): Condition {
  return { op: 'and', conditions: [{ op: 'attribute_exists', path }, unequal] }
}

/** v1's NOT_CONTAINS matches only values of types that could contain the operand. */
function notContains(path: Path, contains: Condition, type: ScalarType): Condition {
  const ofType = { op: 'attribute_type', path, types: CONTAINERS[type] } as const
  return { op: 'and', conditions: [ofType, { op: 'not', condition: contains }] }
}

const CONTAINERS = {
  S: ['S', 'SS', 'L', 'SSM', 'SNM', 'SBM'],
  N: ['NS', 'L', 'NSM', 'NNM', 'NBM'],
  B: ['B', 'BS', 'L', 'BSM', 'BNM', 'BBM'],
} as const satisfies Record<ScalarType, readonly AttributeType[]>
