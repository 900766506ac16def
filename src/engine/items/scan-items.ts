import type { Item } from '../../model/attribute-value.ts'
import type { ReadOptions } from '../../storage/driver.ts'
import type { ActiveTable } from '../catalogue/active-table.ts'
import { ITEM_RANGE } from '../format/key-codec.ts'
import { encodedItemOf } from '../format/value-codec.ts'
import type { WorkContext } from '../operation-context.ts'
import { addressOfKey } from './check-item.ts'
import { finishPage, type Page, type PageView, pageBudget } from './read-page.ts'

export interface ScanItems {
  readonly segment: number
  readonly totalSegments: number
  readonly exclusiveStartKey?: Item
  readonly view: PageView
}

/** Reads one page of a segment of a table: by the token of the partition, then by range key. */
export async function scanItems(
  { storage, work }: WorkContext,
  table: ActiveTable,
  scan: ScanItems,
  read: ReadOptions,
): Promise<Page> {
  const { segment, totalSegments, exclusiveStartKey, view } = scan
  const after = exclusiveStartKey && addressOfKey(table.definition, exclusiveStartKey)
  const request = {
    segment,
    totalSegments,
    range: ITEM_RANGE,
    budget: pageBudget(view),
    ...(after ? { after } : {}),
  }
  const page = await storage.scan(table.id, request, read)
  return finishPage(work, table, view, page.rows, encodedItemOf, page)
}
