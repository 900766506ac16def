import type { AttributeValue, Item } from '../../../model/attribute-value.ts'
import { STEP_ELEMENTS, type Steps } from '../../../model/steps.ts'
import { decodeCollection, decodePlain } from '../attribute-codec.ts'
import { requireAttributeName } from '../names.ts'
import { requireObject } from '../properties.ts'

/** An item, if it is small and no attribute has parts. */
export function decodePlainItem(json: unknown, label: string): Item | undefined {
  const object = requireObject(json, label)
  const names = Object.keys(object)
  if (names.length > STEP_ELEMENTS) return undefined
  const item = new Map<string, AttributeValue>()
  for (const name of names) {
    requireAttributeName(name)
    const value = decodePlain(requireObject(object[name], name))
    if (value === undefined) return undefined
    item.set(name, value)
  }
  return item
}

/** An item, a key or a start key: an object of typed values by attribute name. */
export function* decodeItem(json: unknown, label: string): Steps<Item> {
  const object = requireObject(json, label)
  const item = new Map<string, AttributeValue>()
  for (const name of Object.keys(object)) {
    requireAttributeName(name)
    const typed = requireObject(object[name], name)
    item.set(name, decodePlain(typed) ?? (yield* decodeCollection(typed, 0)))
    if (item.size % STEP_ELEMENTS === 0) yield
  }
  return item
}
