import type { AttributeValue, Item } from '../../../model/attribute-value.ts'
import { STEP_ELEMENTS, type Stepped, type Steps, settled } from '../../../model/steps.ts'
import type { JsonObject } from '../../json-object.ts'
import { decodeCollection, decodePlain, decodeSmallSet } from '../attribute-codec.ts'
import { requireAttributeName } from '../names.ts'
import { requireObject } from '../properties.ts'

/** Attributes of an item that may be decoded without steps. */
const ATTRIBUTES_AT_ONCE_MAX = 64

/** Decodes an item, a key or a start key: an object of typed values by attribute name. Steps are
 * needed for many attributes, and for collections other than small sets. */
export function decodeItem(json: unknown, label: string): Stepped<Item> {
  const object = requireObject(json, label)
  const names = Object.keys(object)
  const item = new Map<string, AttributeValue>()
  if (names.length > ATTRIBUTES_AT_ONCE_MAX) return decodeRest(object, names, item)
  for (const name of names) {
    const typed = typedOf(object, name)
    const value = decodePlain(typed) ?? decodeSmallSet(typed)
    if (value === undefined) return decodeRest(object, names, item)
    item.set(name, value)
  }
  return item
}

/** The same for one of a batch: pauses first, since together they may be large. */
export function* decodeItemOfBatch(json: unknown, label: string): Steps<Item> {
  yield
  return yield* settled(decodeItem(json, label))
}

/** Decodes the rest of the names, of which `item` has the first ones. */
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
