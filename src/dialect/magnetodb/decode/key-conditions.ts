import type { KeyCondition } from '../../../expression/condition.ts'
import type { AttributeValue } from '../../../model/attribute-value.ts'
import type { Steps } from '../../../model/steps.ts'
import { requireObject } from '../properties.ts'
import {
  type Comparison,
  decodeComparisons,
  KEY_OPERATORS,
  type OperatorRules,
} from './comparison.ts'

const RULES: OperatorRules = {
  className: 'IndexedCondition',
  operators: new Map(KEY_OPERATORS),
}

export function* decodeKeyConditions(json: unknown): Steps<ReadonlyMap<string, KeyCondition>> {
  const comparisons = yield* decodeComparisons(requireObject(json, 'key_conditions'), RULES)
  return new Map(comparisons.map((comparison) => [comparison.attribute, lower(comparison)]))
}

/** The number of operands has been checked. */
function lower({ operator, operands }: Comparison): KeyCondition {
  const [value, high] = operands as [AttributeValue, AttributeValue]
  switch (operator) {
    case 'BETWEEN':
      return { op: 'between', low: value, high }
    case 'LT':
      return { op: 'lt', value }
    case 'LE':
      return { op: 'le', value }
    case 'GT':
      return { op: 'gt', value }
    case 'GE':
      return { op: 'ge', value }
    case 'BEGINS_WITH':
      return { op: 'begins_with', value }
    default:
      return { op: 'eq', value }
  }
}
