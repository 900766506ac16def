import type { AttributeValue, Item } from '../../../model/attribute-value.ts'
import { STEP_ELEMENTS, type Stepped, type Steps } from '../../../model/steps.ts'
import type { JsonObject } from '../../json-object.ts'
import { decodeCollection, decodePlain } from '../attribute-codec.ts'
import { requireAttributeName } from '../names.ts'
import { requireObject } from '../properties.ts'

/** Decodes an item, a key or a start key: an object of typed values by attribute name. */
export function decodeItem(json: unknown, label: string): Stepped<Item> {
  const object = requireObject(json, label)
  return decodePlainItem(object) ?? decodeInSteps(object)
}

/** Decodes an item of few attributes; undefined for others, or if one is a collection. */
function decodePlainItem(object: JsonObject): Item | undefined {
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

function* decodeInSteps(object: JsonObject): Steps<Item> {
  const item = new Map<string, AttributeValue>()
  for (const name of Object.keys(object)) {
    requireAttributeName(name)
    const typed = requireObject(object[name], name)
    item.set(name, decodePlain(typed) ?? (yield* decodeCollection(typed, 0)))
    if (item.size % STEP_ELEMENTS === 0) yield
  }
  return item
}
