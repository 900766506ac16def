import { type Item, itemSizeBytes, valuesEqual } from '../../model/attribute-value.ts'
import type { Steps } from '../../model/steps.ts'
import type { SecondaryIndex, TableDefinition } from '../../model/table.ts'
import type { ActiveTable } from '../catalogue/active-table.ts'
import { projectedAttributes, select } from '../indexes/local-index.ts'
import { type Change, type ItemWrite, readsOldItems } from './write-items.ts'

/** What a write has done. `usageOf` counts it, for callers that want to know. */
export interface Written {
  readonly definition: TableDefinition
  /** Undefined if nothing was written. */
  readonly change: Change | undefined
  /** Whether the old item was read. */
  readonly isOldKnown: boolean
}

export function writtenOf(
  table: ActiveTable,
  { blind }: Pick<ItemWrite, 'blind'>,
  change: Change | undefined,
): Written {
  return { definition: table.definition, change, isOldKnown: !blind || readsOldItems(table) }
}

/** Bytes by DynamoDB's rule, the larger of the old and the new item's where one replaces the
 * other. */
export interface WriteUsage {
  /** 0 without an old and a new item. Only the new one counts if the old one was not read. */
  readonly item: number
  /** By the names of the indexes, for each entry that was written or removed. An entry that stays
   * as it is costs nothing, one that moves is removed and written. */
  readonly indexes: ReadonlyMap<string, readonly number[]>
}

export const NO_USAGE: WriteUsage = { item: 0, indexes: new Map() }

/** Compares large items once for each index. */
export function* usageOf({ definition, change, isOldKnown }: Written): Steps<WriteUsage> {
  const old = (isOldKnown && change?.old) || undefined
  const item = Math.max(old?.sizeBytes ?? 0, change?.put?.sizeBytes ?? 0)
  const before = old && definition.indexes.length > 0 ? yield* old.read() : undefined
  const indexes = new Map<string, readonly number[]>()
  for (const index of definition.indexes) {
    indexes.set(index.name, entryWrites(definition, index, before, change?.put?.item))
    yield
  }
  return { item, indexes }
}

function entryWrites(
  definition: TableDefinition,
  index: SecondaryIndex,
  before: Item | undefined,
  after: Item | undefined,
): readonly number[] {
  const old = entryOf(definition, index, before)
  const next = entryOf(definition, index, after)
  if (!old || !next) return [old, next].flatMap((entry) => (entry ? [itemSizeBytes(entry)] : []))
  const value = { type: 'M', value: next } as const
  if (valuesEqual({ type: 'M', value: old }, value)) return []
  const sizes = [itemSizeBytes(old), itemSizeBytes(next)] as const
  return isSameKey(index, old, next) ? [Math.max(...sizes)] : sizes
}

/** Undefined if the item has no entry in the index. */
function entryOf(
  definition: TableDefinition,
  index: SecondaryIndex,
  item: Item | undefined,
): Item | undefined {
  if (!item?.has(index.range)) return undefined
  return select(item, projectedAttributes(definition, index))
}

function isSameKey({ range }: SecondaryIndex, old: Item, next: Item): boolean {
  const [before, after] = [old.get(range), next.get(range)]
  return before !== undefined && after !== undefined && valuesEqual(before, after)
}
