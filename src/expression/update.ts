import type { AttributeValue } from '../model/attribute-value.ts'
import type { Path } from './path.ts'

/**
 * One change of an item: the one form to which every wire's updates are lowered. All actions of an
 * update read the item as it was before, and no path of one leads to or through that of another.
 *
 * - set: a value that may be computed.
 * - remove: nothing where there is nothing.
 * - add: the sum of numbers, the union of sets, the merge of typed maps; sets what is absent.
 * - subtract: elements from a set of their type; nothing else.
 * - discard: v1's DELETE of a value. Elements from a set, or the keys that a set names from a typed
 *   map; what is neither is removed.
 */
export type UpdateAction =
  | { readonly action: 'set'; readonly path: Path; readonly value: SetValue }
  | { readonly action: 'remove'; readonly path: Path }
  | {
      readonly action: 'add' | 'subtract' | 'discard'
      readonly path: Path
      readonly value: AttributeValue
    }

/** The right side of SET. */
export type SetValue =
  | { readonly is: 'value'; readonly value: AttributeValue }
  | { readonly is: 'path'; readonly path: Path }
  | { readonly is: 'if_not_exists'; readonly path: Path; readonly otherwise: SetValue }
  | {
      readonly is: 'list_append' | 'plus' | 'minus'
      readonly left: SetValue
      readonly right: SetValue
    }
