import type { AttributeType, AttributeValue } from '../model/attribute-value.ts'
import { type Path, pathOf } from './path.ts'

/** A value of the request, the item's value at a path, or the size of that value. */
export type Operand =
  | { readonly is: 'value'; readonly value: AttributeValue }
  | { readonly is: 'path' | 'size'; readonly path: Path }

export type ComparisonOperator =
  | 'eq'
  | 'ne'
  | 'lt'
  | 'le'
  | 'gt'
  | 'ge'
  | 'begins_with'
  | 'contains'

/**
 * A condition of a write, or a filter. Every wire's conditions are translated to this form, which
 * `expression/evaluate.ts` evaluates.
 */
export type Condition =
  | { readonly op: 'and' | 'or'; readonly conditions: readonly Condition[] }
  | { readonly op: 'not'; readonly condition: Condition }
  | { readonly op: 'attribute_exists' | 'attribute_not_exists'; readonly path: Path }
  /** Holds if the value has one of these types. */
  | {
      readonly op: 'attribute_type'
      readonly path: Path
      readonly types: readonly AttributeType[]
    }
  | { readonly op: ComparisonOperator; readonly left: Operand; readonly right: Operand }
  /** Includes both ends. */
  | {
      readonly op: 'between'
      readonly operand: Operand
      readonly low: Operand
      readonly high: Operand
    }
  | { readonly op: 'in'; readonly operand: Operand; readonly list: readonly Operand[] }

/** `attribute op value`, the most frequent condition. */
export function comparison(
  attribute: string,
  op: ComparisonOperator,
  value: AttributeValue,
): Condition {
  return { op, left: { is: 'path', path: pathOf(attribute) }, right: { is: 'value', value } }
}

/** One condition on a key attribute of a Query. Operands are scalars. */
export type KeyCondition =
  | {
      readonly op: 'eq' | 'lt' | 'le' | 'gt' | 'ge' | 'begins_with'
      readonly value: AttributeValue
    }
  | { readonly op: 'between'; readonly low: AttributeValue; readonly high: AttributeValue }
