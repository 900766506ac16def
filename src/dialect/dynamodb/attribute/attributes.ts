import type { AttributeValue, Item } from '../../../model/attribute-value.ts'
import { andThen, STEP_ELEMENTS, type Stepped, type Steps } from '../../../model/steps.ts'
import { isJsonObject, type JsonObject } from '../../json-object.ts'
import { noCollection } from '../shapes/collections.ts'
import type { Shape } from '../shapes/shape.ts'
import { decodeMembers, decodeValue, noteName } from './decode-value.ts'
import { Faults } from './faults.ts'

/** Typed values by name. Some may be faulty. */
export interface Attributes {
  readonly item: Item
  readonly faults: Faults
}

/** An item, a key or a start key. */
export const attributes: Shape<Attributes> = { read: decodeAttributes }

function decodeAttributes(json: unknown): Stepped<Attributes> {
  if (!isJsonObject(json)) throw noCollection(json)
  const faults = new Faults()
  const item = decodePlain(json, faults) ?? decodeMembers(json, faults, 0)
  return andThen<Item, Attributes>(item as Stepped<Item>, (found) => ({ item: found, faults }))
}

/** Decodes few attributes, none a collection, without steps. Undefined for others. */
function decodePlain(json: JsonObject, faults: Faults): Item | undefined {
  const names = Object.keys(json)
  if (names.length > STEP_ELEMENTS) return undefined
  const item = new Map<string, AttributeValue>()
  for (const name of names) {
    const typed = json[name]
    if (typed === null) continue
    noteName(name, faults)
    const value = decodeValue(typed, faults)
    if (!('type' in value)) return undefined
    item.set(name, value)
  }
  return item
}

/** A single typed value, which may be faulty. */
export interface Decoded {
  readonly value: AttributeValue
  readonly faults: Faults
}

export const attributeValue: Shape<Decoded> = {
  read(json) {
    const faults = new Faults()
    const value = decodeValue(json, faults)
    return 'type' in value ? { value, faults } : settled(value, faults)
  },
}

function* settled(value: Steps<AttributeValue>, faults: Faults): Steps<Decoded> {
  return { value: yield* value, faults }
}

/** @throws MagnetoDBError if an attribute is faulty */
export function sound({ item, faults }: Attributes, prefix = ''): Item {
  faults.refuse(prefix)
  return item
}
