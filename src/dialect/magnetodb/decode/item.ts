import type { AttributeValue, Item } from '../../../model/attribute-value.ts'
import { STEP_ELEMENTS, type Stepped, type Steps } from '../../../model/steps.ts'
import type { JsonObject } from '../../json-object.ts'
import { decodeCollection, decodePlain } from '../attribute-codec.ts'
import { requireAttributeName } from '../names.ts'
import { requireObject } from '../properties.ts'

/** Decodes an item, a key or a start key: an object of typed values by attribute name. */
export function decodeItem(json: unknown, label: string): Stepped<Item> {
  const object = requireObject(json, label)
  const names = Object.keys(object)
  const item = new Map<string, AttributeValue>()
  if (names.length > STEP_ELEMENTS) return decodeRest(object, names, item)
  for (const name of names) {
    const value = decodePlain(typedOf(object, name))
    if (value === undefined) return decodeRest(object, names, item)
    item.set(name, value)
  }
  return item
}

/** Decodes the attributes that follow those of `item`. */
function* decodeRest(
  object: JsonObject,
  names: readonly string[],
  item: Map<string, AttributeValue>,
): Steps<Item> {
  for (let i = item.size; i < names.length; i++) {
    const name = names[i] as string
    const typed = typedOf(object, name)
    item.set(name, decodePlain(typed) ?? (yield* decodeCollection(typed, 0)))
    if (item.size % STEP_ELEMENTS === 0) yield
  }
  return item
}

function typedOf(object: JsonObject, name: string): JsonObject {
  requireAttributeName(name)
  return requireObject(object[name], name)
}
