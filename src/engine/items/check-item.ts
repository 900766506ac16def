import {
  type AttributeType,
  type AttributeValue,
  type Item,
  isScalar,
  type ScalarValue,
  scalarSizeBytes,
} from '../../model/attribute-value.ts'
import { validationError } from '../../model/errors.ts'
import { HASH_KEY_BYTES_MAX, RANGE_KEY_BYTES_MAX } from '../../model/limits.ts'
import { shortened } from '../../model/shortened.ts'
import {
  keyAttributeNames,
  type LocalSecondaryIndex,
  type TableDefinition,
} from '../../model/table.ts'
import { encodeKeyValue, indexEntrySort, itemSort } from '../format/key-codec.ts'

/** Where an item is stored. */
export interface ItemAddress {
  readonly partition: Buffer
  readonly sort: Buffer
}

/** The address of a key that must hold exactly the key attributes: of an item, or of its entry in
 * an index, whose range key is one of them then. */
export function addressOfKey(
  definition: TableDefinition,
  key: Item,
  index?: LocalSecondaryIndex,
): ItemAddress {
  checkKey(definition, key, index)
  return addressOf(definition, key, index)
}

/** Checks the types of an item's attributes and the sizes of its keys against its table, and finds
 * its address. */
export function checkItem(definition: TableDefinition, item: Item): ItemAddress {
  const missing = keyAttributeNames(definition.key).filter((name) => !item.has(name))
  if (missing.length > 0) throw missingKeyAttributes(missing)
  checkAttributeTypes(definition, item)
  for (const { range } of definition.localSecondaryIndexes) {
    const value = item.get(range)
    if (value) checkKeyValue(range, value, RANGE_KEY_BYTES_MAX)
  }
  return addressOf(definition, item)
}

/** Checks that the key has exactly the key attributes, of the index too if one is named. */
function checkKey(definition: TableDefinition, key: Item, index?: LocalSecondaryIndex): void {
  const expected = [...keyAttributeNames(definition.key), ...(index ? [index.range] : [])]
  if (key.size !== expected.length) {
    throw validationError(
      `Specified key: ${names(key.keys())} doesn't match expected key attributes set: ` +
        names(expected),
    )
  }
  const missing = expected.filter((name) => !key.has(name))
  if (missing.length > 0) throw missingKeyAttributes(missing)
  checkAttributeTypes(definition, key)
}

function missingKeyAttributes(missing: readonly string[]): Error {
  const list = missing.map((name) => `'${name}'`).join(', ')
  return validationError(`Couldn't find expected key attributes: ${list}`)
}

function names(list: Iterable<string>): string {
  return shortened(`[${[...list].map((name) => `'${name}'`).join(', ')}]`)
}

export function checkAttributeTypes(definition: TableDefinition, item: Item): void {
  for (const [name, expected] of definition.attributeTypes) {
    const value = item.get(name)
    if (value !== undefined) checkAttributeType(name, value, expected)
  }
}

function checkAttributeType(name: string, value: AttributeValue, expected: AttributeType): void {
  if (value.type === expected) return
  throw validationError(
    `Attribute: '${name}' of type: '${value.type}' doesn't match table schema expected ` +
      `attribute type: '${expected}'`,
  )
}

function addressOf({ key }: TableDefinition, item: Item, index?: LocalSecondaryIndex): ItemAddress {
  const hash = checkKeyValue(key.hash, item.get(key.hash), HASH_KEY_BYTES_MAX)
  const rangeOf = (name: string) => checkKeyValue(name, item.get(name), RANGE_KEY_BYTES_MAX)
  const range = key.range === undefined ? undefined : rangeOf(key.range)
  const sort = index ? indexEntrySort(index.number, rangeOf(index.range), range) : itemSort(range)
  return { partition: encodeKeyValue(hash), sort }
}

/** A key value that can be stored: a scalar, not empty, not too long. */
export function checkKeyValue(
  name: string,
  value: AttributeValue | undefined,
  bytesMax: number,
): ScalarValue {
  if (value === undefined || !isScalar(value)) throw missingKeyAttributes([name])
  if (value.value.length === 0) throw validationError(`Key attribute '${name}' must not be empty`)
  checkKeyLength(name, value, bytesMax)
  return value
}

export function checkKeyLength(name: string, { type, value }: ScalarValue, bytesMax: number): void {
  if (scalarSizeBytes(type, value) > bytesMax) {
    throw validationError(`Key attribute '${name}' must not be longer than ${bytesMax} bytes`)
  }
}
