import type { AttributeValue } from '../../../src/model/attribute-value.ts'
import type { Condition, UpdateAction } from './condition.ts'

/** A condition of `scan_filter` with decoded operands. */
export function formerFilter(
  attribute: string,
  operator: string,
  operands: readonly AttributeValue[],
): Condition {
  const [value, high] = operands as [AttributeValue, AttributeValue]
  switch (operator) {
    case 'NULL':
      return { op: 'attribute_not_exists', attribute }
    case 'NOT_NULL':
      return { op: 'attribute_exists', attribute }
    case 'NE': {
      const conditions = [
        { op: 'attribute_exists', attribute },
        { op: 'ne', attribute, value },
      ] as const
      return { op: 'and', conditions }
    }
    case 'BETWEEN':
      return { op: 'between', attribute, low: value, high }
    case 'IN':
      return { op: 'in', attribute, values: operands }
    default: {
      const op = operator.toLowerCase() as 'eq'
      return { op, attribute, value }
    }
  }
}

/** An action of `attribute_updates` with its decoded value. */
export function formerUpdate(action: string, value: AttributeValue | undefined): UpdateAction {
  if (action === 'DELETE') return value ? { action: 'delete', value } : { action: 'delete' }
  const known = value as AttributeValue
  return action === 'ADD' ? { action: 'add', value: known } : { action: 'put', value: known }
}
