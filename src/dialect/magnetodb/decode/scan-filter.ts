import type { Condition } from '../../../expression/condition.ts'
import type { AttributeValue } from '../../../model/attribute-value.ts'
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

/** What `scan_filter` asks of each item; absent when it asks nothing. */
export function* decodeScanFilter(json: unknown): Steps<Condition | undefined> {
  const filter = requireObject(json, 'scan_filter')
  refuseTooManyConditions(Object.keys(filter).length, 'scan_filter')
  return allOf((yield* decodeComparisons(filter, RULES)).map(lower))
}

/** The number of operands was checked. */
function lower({ attribute, operator, operands }: Comparison): Condition {
  const [value, high] = operands as [AttributeValue, AttributeValue]
  switch (operator) {
    case 'NULL':
      return { op: 'attribute_not_exists', attribute }
    case 'NOT_NULL':
      return { op: 'attribute_exists', attribute }
    case 'NE':
      return notEqual(attribute, value)
    case 'LT':
      return { op: 'lt', attribute, value }
    case 'LE':
      return { op: 'le', attribute, value }
    case 'GT':
      return { op: 'gt', attribute, value }
    case 'GE':
      return { op: 'ge', attribute, value }
    case 'BEGINS_WITH':
      return { op: 'begins_with', attribute, value }
    case 'CONTAINS':
      return { op: 'contains', attribute, value }
    case 'NOT_CONTAINS':
      return { op: 'not_contains', attribute, value }
    case 'BETWEEN':
      return { op: 'between', attribute, low: value, high }
    case 'IN':
      return { op: 'in', attribute, values: operands }
    default:
      return { op: 'eq', attribute, value }
  }
}

/** An item that lacks the attribute is unequal to the core but is no match to v1. */
function notEqual(attribute: string, value: AttributeValue): Condition {
  return {
    op: 'and',
    conditions: [
      { op: 'attribute_exists', attribute },
      { op: 'ne', attribute, value },
    ],
  }
}
