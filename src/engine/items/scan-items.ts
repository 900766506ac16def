import type { Item } from '../../model/attribute-value.ts'
import type { ReadOptions } from '../../storage/driver.ts'
import type { ActiveTable } from '../catalogue/active-table.ts'
import { ITEM_RANGE, queryRange } from '../format/key-codec.ts'
import { encodedEntryOf, encodedItemOf } from '../format/value-codec.ts'
import type { WorkContext } from '../operation-context.ts'
import { addressOfKey } from './check-item.ts'
import { fetchItems, finishPage, type Page, type PageView, pageBudget } from './read-page.ts'

export interface ScanItems {
  readonly segment: number
  readonly totalSegments: number
  readonly exclusiveStartKey?: Item
  readonly view: PageView
  /** The view needs attributes that the index does not hold. */
  readonly beyondIndex: boolean
}

/** Index entries whose items are fetched at once, each possibly from another partition. */
const FETCHED_ROWS_MAX = 50

/** Reads one page of a segment of a table or index, in the order of partition tokens, then of range
 * keys. */
export async function scanItems(
  context: WorkContext,
  table: ActiveTable,
  scan: ScanItems,
  read: ReadOptions,
): Promise<Page> {
  const { storage } = context
  const { segment, totalSegments, exclusiveStartKey, view, beyondIndex } = scan
  const { index } = view
  const after = exclusiveStartKey && addressOfKey(table.definition, exclusiveStartKey, index)
  const request = {
    segment,
    totalSegments,
    range: index ? queryRange(index.number, undefined) : ITEM_RANGE,
    budget: pageBudget(view, beyondIndex ? FETCHED_ROWS_MAX : undefined),
    ...(after ? { after } : {}),
  }
  const page = await storage.scan(table.id, request, read)
  const encodedOf = index && !beyondIndex ? encodedEntryOf : encodedItemOf
  if (!beyondIndex) return finishPage(context, table, view, page, encodedOf)
  const fetched = await fetchItems(storage, table, ({ partition }) => partition, page, read)
  return finishPage(context, table, view, fetched, encodedOf)
}
