import type { AttributeValue, Item } from '../model/attribute-value.ts'
import { isTypedMap, memberOf } from '../model/typed-map.ts'

/** A place in an item: an attribute, then names of map members and indexes of list elements. */
export interface Path {
  readonly attribute: string
  readonly steps: readonly Step[]
}

export type Step = string | number

const NO_STEPS: readonly Step[] = []

/** The path of a whole attribute. */
export function pathOf(attribute: string): Path {
  return { attribute, steps: NO_STEPS }
}

/** The value at a path; undefined if there is none, or no item. */
export function valueAt(item: Item | null, { attribute, steps }: Path): AttributeValue | undefined {
  let value = item?.get(attribute)
  for (const step of steps) {
    if (value === undefined) return undefined
    value = partAt(value, step)
  }
  return value
}

/** A member of a map or an element of a list. A typed map is read as the M of `asDocument`. */
export function partAt(value: AttributeValue, step: Step): AttributeValue | undefined {
  if (typeof step === 'number') return value.type === 'L' ? value.value[step] : undefined
  if (value.type === 'M') return value.value.get(step)
  return isTypedMap(value) ? memberOf(value, step) : undefined
}
