import type { AttributeValue, Item, ScalarValue } from '../../model/attribute-value.ts'
import { type Steps, settled } from '../../model/steps.ts'
import { keyAttributeNames, type SecondaryIndex, type TableDefinition } from '../../model/table.ts'
import type { PutRow } from '../../storage/driver.ts'
import { indexEntrySort } from '../format/key-codec.ts'
import { type StorableItem, storableItem } from '../format/storable-item.ts'
import { entryValue, rowSizeBytes } from '../format/value-codec.ts'

/** Names of the attributes that an index's entries hold, or undefined for all. */
export function projectedAttributes(
  { key }: TableDefinition,
  { range, projection }: SecondaryIndex,
): readonly string[] | undefined {
  if (projection.type === 'ALL') return undefined
  const others = projection.type === 'INCLUDE' ? projection.nonKeyAttributes : []
  return [...new Set([...keyAttributeNames(key), range, ...others])]
}

/** The sorts of an item's index entries; none in an index whose range attribute it lacks. */
export function indexEntrySorts(definition: TableDefinition, item: Item): Buffer[] {
  return definition.indexes
    .filter(({ range }) => item.has(range))
    .map((index) => sortOf(definition, index, item))
}

/** The item's entries in all local indexes of its table. `row`: that of the item. */
export function* indexEntries(
  definition: TableDefinition,
  storable: StorableItem,
  row: { readonly size: number; readonly expiresAt: number },
): Steps<PutRow[]> {
  const { item } = storable
  const entries: PutRow[] = []
  let whole: EntryContent | undefined
  for (const index of definition.indexes) {
    if (!item.has(index.range)) continue
    const names = projectedAttributes(definition, index)
    let content: EntryContent
    if (names) {
      content = entryContent(yield* settled(storableItem(select(item, names))), row.size)
    } else {
      whole ??= entryContent(storable, row.size)
      content = whole
    }
    const sort = sortOf(definition, index, item)
    entries.push({ sort, expiresAt: row.expiresAt, ...content })
  }
  return entries
}

type EntryContent = Pick<PutRow, 'value' | 'size'>

function entryContent(shown: StorableItem, itemSizeBytes: number): EntryContent {
  const value = entryValue(shown.value, itemSizeBytes)
  return { value, size: rowSizeBytes(shown.sizeBytes, value) }
}

/** Checked at every write: key attributes are scalars. */
function sortOf({ key }: TableDefinition, index: SecondaryIndex, item: Item): Buffer {
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
