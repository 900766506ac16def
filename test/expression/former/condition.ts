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

/**
 * What a write requires of the item it meets and what a filter asks of each item: the one form to
 * which every wire's conditions are lowered. `expression/evaluate.ts` gives the meaning.
 */
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

/**
 * put: set the attribute. add: sum of numbers, union of sets, merge of typed maps; sets an absent
 * attribute. delete: without a value removes the attribute; with one subtracts a set, or the keys
 * that a set names from a typed map.
 */
export type UpdateAction =
  | { readonly action: 'put' | 'add'; readonly value: AttributeValue }
  | { readonly action: 'delete'; readonly value?: AttributeValue }
