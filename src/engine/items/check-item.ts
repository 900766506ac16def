import {
  type AttributeValue,
  type Item,
  isScalar,
  type ScalarValue,
  scalarSizeBytes,
} from '../../model/attribute-value.ts'
import { MagnetoDBError } from '../../model/errors.ts'
import { HASH_KEY_BYTES_MAX, RANGE_KEY_BYTES_MAX } from '../../model/limits.ts'
import { keyAttributeNames, type SecondaryIndex, type TableDefinition } from '../../model/table.ts'
import { encodeKeyValue, indexEntrySort, itemSort } from '../format/key-codec.ts'

/** Where an item is stored. */
export interface ItemAddress {
  readonly partition: Buffer
  readonly sort: Buffer
}

/** The address of the item with this key, or of its entry in `index`. The key must have exactly the
 * key attributes, with `index` its range key too. */
export function addressOfKey(
  definition: TableDefinition,
  key: Item,
  index?: SecondaryIndex,
): ItemAddress {
  checkKey(definition, key, index)
  return addressOf(definition, key, index)
}

/** Checks the types of an item's attributes and the sizes of its keys, and returns its address. */
export function checkItem(definition: TableDefinition, item: Item): ItemAddress {
  const missing = keyAttributeNames(definition.key).filter((name) => !item.has(name))
  if (missing.length > 0) throw new MagnetoDBError({ is: 'key_missing', names: missing })
  checkAttributeTypes(definition, item)
  for (const { name, range } of definition.indexes) {
    const value = item.get(range)
    if (value) checkKeyValue(range, value, RANGE_KEY_BYTES_MAX, name)
  }
  return addressOf(definition, item)
}

/** Checks that the key has exactly the key attributes, with `index` its range key too. */
function checkKey(definition: TableDefinition, key: Item, index?: SecondaryIndex): void {
  const expected = [...keyAttributeNames(definition.key), ...(index ? [index.range] : [])]
  if (key.size !== expected.length) {
    throw new MagnetoDBError({ is: 'key_mismatch', found: [...key.keys()], expected })
  }
  const missing = expected.filter((name) => !key.has(name))
  if (missing.length > 0) throw new MagnetoDBError({ is: 'key_missing', names: missing })
  checkAttributeTypes(definition, key)
}

export function checkAttributeTypes(definition: TableDefinition, item: Item): void {
  for (const [name, expected] of definition.attributeTypes) {
    const value = item.get(name)
    if (value === undefined || value.type === expected) continue
    const index = indexOf(definition, name)
    throw new MagnetoDBError({ is: 'attribute_type', name, found: value.type, expected, index })
  }
}

/** The name of the first index whose range key the attribute is. */
function indexOf({ key, indexes }: TableDefinition, attribute: string): string | undefined {
  if (keyAttributeNames(key).includes(attribute)) return undefined
  return indexes.find(({ range }) => range === attribute)?.name
}

function addressOf({ key }: TableDefinition, item: Item, index?: SecondaryIndex): ItemAddress {
  const hash = checkKeyValue(key.hash, item.get(key.hash), HASH_KEY_BYTES_MAX)
  const rangeOf = (name: string) =>
    checkKeyValue(name, item.get(name), RANGE_KEY_BYTES_MAX, index?.name)
  const range = key.range === undefined ? undefined : rangeOf(key.range)
  const sort = index ? indexEntrySort(index.number, rangeOf(index.range), range) : itemSort(range)
  return { partition: encodeKeyValue(hash), sort }
}

/** Checks that a key value is a scalar, is not empty and is not too long. */
export function checkKeyValue(
  name: string,
  value: AttributeValue | undefined,
  bytesMax: number,
  index?: string,
): ScalarValue {
  if (value === undefined || !isScalar(value)) {
    throw new MagnetoDBError({ is: 'key_missing', names: [name] })
  }
  if (value.value.length === 0) {
    throw new MagnetoDBError({ is: 'key_empty', name, type: value.type, index })
  }
  checkKeyLength(name, value, bytesMax)
  return value
}

export function checkKeyLength(name: string, { type, value }: ScalarValue, bytesMax: number): void {
  if (scalarSizeBytes(type, value) > bytesMax) {
    throw new MagnetoDBError({ is: 'key_too_long', name, bytesMax })
  }
}
