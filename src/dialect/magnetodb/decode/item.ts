import type { AttributeValue, Item } from '../../../model/attribute-value.ts'
import { decodeValue } from '../attribute-codec.ts'
import { requireAttributeName } from '../names.ts'
import { requireObject } from '../properties.ts'

/** An item, a key or a start key: an object of typed values by attribute name. */
export function decodeItem(json: unknown, label: string): Item {
  const object = requireObject(json, label)
  const item = new Map<string, AttributeValue>()
  for (const name of Object.keys(object)) {
    requireAttributeName(name)
    item.set(name, decodeValue(requireObject(object[name], name)))
  }
  return item
}
