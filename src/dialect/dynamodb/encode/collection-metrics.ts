import type { Item } from '../../../model/attribute-value.ts'
import type { TableDefinition } from '../../../model/table.ts'
import { encodeItem } from '../../../model/typed-json.ts'

/** Reported size of every item collection, in GB. It is not measured. */
const SIZE_RANGE = '[0,1]'

/** Metrics of one item collection; undefined for tables without local indexes. */
export function collectionMetrics(
  { key: { hash }, indexes }: TableDefinition,
  key: Item,
): string | undefined {
  const value = key.get(hash)
  if (indexes.length === 0 || value === undefined) return undefined
  const collection = encodeItem(new Map([[hash, value]])).json
  return `{"ItemCollectionKey":${collection},"SizeEstimateRangeGB":${SIZE_RANGE}}`
}
