import {
  type AttributeValue,
  type Item,
  itemSizeBytes,
  type ScalarValue,
} from '../model/attribute-value.ts'
import {
  keyAttributeNames,
  type LocalSecondaryIndex,
  type TableDefinition,
} from '../model/table.ts'
import { encodeItem } from '../model/typed-json.ts'
import type { PutRow } from '../storage/driver.ts'
import { indexEntrySort } from './key-codec.ts'
import { entryValue, rowSizeBytes } from './value-codec.ts'

/** Names of the attributes that an index's entries hold, or undefined for all. */
export function projectedAttributes(
  { key }: TableDefinition,
  { range, projection }: LocalSecondaryIndex,
): readonly string[] | undefined {
  if (projection.type === 'ALL') return undefined
  const others = projection.type === 'INCLUDE' ? projection.nonKeyAttributes : []
  return [...new Set([...keyAttributeNames(key), range, ...others])]
}

/** The sorts of an item's index entries; none in an index whose range attribute it lacks. */
export function indexEntrySorts(definition: TableDefinition, item: Item): Buffer[] {
  return definition.localSecondaryIndexes
    .filter(({ range }) => item.has(range))
    .map((index) => sortOf(definition, index, item))
}

/** The item's entries in all local indexes of its table. */
export function indexEntries(
  definition: TableDefinition,
  item: Item,
  size: { readonly itemSizeBytes: number; readonly expiresAt: number },
): PutRow[] {
  return definition.localSecondaryIndexes
    .filter(({ range }) => item.has(range))
    .map((index) => {
      const projected = select(item, projectedAttributes(definition, index))
      const value = entryValue(encodeItem(projected), size.itemSizeBytes)
      return {
        sort: sortOf(definition, index, item),
        value,
        size: rowSizeBytes(itemSizeBytes(projected), value),
        expiresAt: size.expiresAt,
      }
    })
}

/** Checked at every write: key attributes are scalars. */
function sortOf({ key }: TableDefinition, index: LocalSecondaryIndex, item: Item): Buffer {
  const base = key.range === undefined ? undefined : (item.get(key.range) as ScalarValue)
  return indexEntrySort(index.number, item.get(index.range) as ScalarValue, base)
}

/** The named attributes of an item, in the order of the names; all when `names` is absent. */
export function select(item: Item, names: readonly string[] | undefined): Item {
  if (names === undefined) return item
  const selected = new Map<string, AttributeValue>()
  for (const name of names) {
    const value = item.get(name)
    if (value) selected.set(name, value)
  }
  return selected
}
