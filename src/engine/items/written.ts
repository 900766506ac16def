import { type Item, itemSizeBytes, valuesEqual } from '../../model/attribute-value.ts'
import type { Steps } from '../../model/steps.ts'
import type { SecondaryIndex, TableDefinition } from '../../model/table.ts'
import type { ActiveTable } from '../catalogue/active-table.ts'
import { projectedAttributes, select } from '../indexes/local-index.ts'
import { type Change, type ItemWrite, readsOldItems } from './write-items.ts'

/** The result of a write, from which `usageOf` computes what it consumed. */
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

/** Bytes by DynamoDB's rule: the larger of the old and the new size if one replaces the other. */
export interface WriteUsage {
  /** 0 if there is neither an old nor a new item. An old item that was not read does not count. */
  readonly item: number
  /** By index name, one size for each entry written or removed. An unchanged entry costs nothing; a
   * moved one counts as removed and as written. */
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
