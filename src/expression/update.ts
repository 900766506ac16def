import type { AttributeValue } from '../model/attribute-value.ts'
import type { Path } from './path.ts'

/**
 * One change of an item. Every wire's updates are translated to this form. All actions of an update
 * read the item as it was before, and no path equals or begins that of another action.
 *
 * - set: assigns a value, which may be computed.
 * - remove: removes the value, if there is one.
 * - add: adds numbers, or merges sets or typed maps; assigns the value if there is none.
 * - subtract: removes elements from a set of the same type.
 * - discard: v1's DELETE with a value. Removes elements from a set, or a set's elements as keys
 *   from a typed map; removes any other value as a whole.
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
