import type { AttributeValue } from '../../../src/model/attribute-value.ts'

export type ComparisonOperator =
  | 'eq'
  | 'ne'
  | 'lt'
  | 'le'
  | 'gt'
  | 'ge'
  | 'begins_with'
  | 'contains'
  | 'not_contains'

/** A write's requirement of the present item, or a filter's of each item. All wires translate their
 * conditions into this form. `expression/evaluate.ts` defines its meaning. */
export type Condition =
  | { readonly op: 'attribute_exists' | 'attribute_not_exists'; readonly attribute: string }
  | {
      readonly op: ComparisonOperator
      readonly attribute: string
      readonly value: AttributeValue
    }
  | {
      readonly op: 'between'
      readonly attribute: string
      readonly low: AttributeValue
      readonly high: AttributeValue
    }
  | { readonly op: 'in'; readonly attribute: string; readonly values: readonly AttributeValue[] }
  | { readonly op: 'and'; readonly conditions: readonly Condition[] }

/** A condition of a Query on a key attribute. Operands are scalars. */
export type KeyCondition =
  | {
      readonly op: 'eq' | 'lt' | 'le' | 'gt' | 'ge' | 'begins_with'
      readonly value: AttributeValue
    }
  | { readonly op: 'between'; readonly low: AttributeValue; readonly high: AttributeValue }

/** put: sets the attribute. add: adds numbers, or merges sets or typed maps; sets an absent
 * attribute. delete: without a value, removes the attribute; with one, removes members from a set,
 * or the keys in a set from a typed map. */
export type UpdateAction =
  | { readonly action: 'put' | 'add'; readonly value: AttributeValue }
  | { readonly action: 'delete'; readonly value?: AttributeValue }
