import type { Condition } from '../expression/condition.ts'
import { evaluate } from '../expression/evaluate.ts'
import type { Item } from '../model/attribute-value.ts'
import { PAGE_ROWS_MAX, PAGE_SIZE_BYTES_MAX } from '../model/limits.ts'
import { keyOf, type LocalSecondaryIndex } from '../model/table.ts'
import { type EncodedItem, encodeItem, readItem } from '../model/typed-json.ts'
import type { PageBudget, ReadOptions, Row, StorageDriver } from '../storage/driver.ts'
import type { ActiveTable } from './active-table.ts'
import { itemSortOfEntry } from './key-codec.ts'
import { indexEntrySorts, select } from './local-index.ts'
import { isExpired } from './stored-item.ts'
import { mapInStretches } from './stretches.ts'
import { encodedEntryOf, encodedItemOf, entryItemSizeBytes, itemOf } from './value-codec.ts'

/** A page of Query or Scan. */
export interface Page {
  readonly count: number
  /** Rows read, before the filter. */
  readonly scannedCount: number
  /** Absent when only the count was asked for. */
  readonly items?: readonly EncodedItem[]
  /** Present when more may follow, and always when `limit` rows were read. */
  readonly lastEvaluatedKey?: Item
}

/** What a page shows of the rows that it reads. */
export interface PageView {
  readonly limit?: number
  readonly filter?: Condition
  readonly countOnly: boolean
  /** What has expired by then is not shown. Seconds since 1970. */
  readonly nowSeconds: number
  /** Absent: all. */
  readonly attributes?: readonly string[]
  /** The rows are this index's entries. */
  readonly index?: LocalSecondaryIndex
}

export function pageBudget({ limit }: PageView, rowsMax = PAGE_ROWS_MAX): PageBudget {
  return { rows: Math.min(limit ?? rowsMax, rowsMax), bytes: PAGE_SIZE_BYTES_MAX }
}

/** One row of a page: what it shows, and the row that says where the page has come to. */
export interface PageRow {
  readonly row: Row
  readonly encoded: EncodedItem
}

export function itemRows(rows: readonly Row[], view: PageView): PageRow[] {
  return live(rows, view).map((row) => ({ row, encoded: encodedItemOf(row.value) }))
}

export function entryRows(rows: readonly Row[], view: PageView): PageRow[] {
  return live(rows, view).map((row) => ({ row, encoded: encodedEntryOf(row.value) }))
}

function live(rows: readonly Row[], { nowSeconds }: PageView): readonly Row[] {
  return rows.filter((row) => !isExpired(row, nowSeconds))
}

/** Filters and projects what was read. `read`: all rows that the page has come past. */
export async function finishPage(
  table: ActiveTable,
  view: PageView,
  shown: readonly PageRow[],
  read: { readonly rows: readonly Row[]; readonly more: boolean },
): Promise<Page> {
  const items = view.filter || view.attributes ? await projected(view, shown) : shown.map(encodedOf)
  const last = read.rows.at(-1)
  const full = read.more || read.rows.length === view.limit
  return {
    count: items.length,
    scannedCount: read.rows.length,
    ...(view.countOnly ? {} : { items }),
    ...(last && full ? { lastEvaluatedKey: positionKey(table, view, last) } : {}),
  }
}

function encodedOf({ encoded }: PageRow): EncodedItem {
  return encoded
}

async function projected(view: PageView, rows: readonly PageRow[]): Promise<EncodedItem[]> {
  const shown = await mapInStretches(rows, ({ encoded }) => projectedItem(view, encoded))
  return shown.filter((encoded) => encoded !== undefined)
}

/** Undefined where the filter does not let the item pass. */
function projectedItem(
  { filter, attributes }: PageView,
  encoded: EncodedItem,
): EncodedItem | undefined {
  const item = readItem(encoded.json)
  if (filter && !evaluate(filter, item)) return undefined
  return attributes ? encodeItem(select(item, attributes)) : encoded
}

function positionKey({ definition }: ActiveTable, { index }: PageView, row: Row): Item {
  const item = index ? readItem(encodedEntryOf(row.value).json) : itemOf(row.value)
  return keyOf(item, definition.key, index)
}

/**
 * The items behind index entries, for attributes that the index does not hold: one more read, of as
 * many as one page's bytes hold. An entry whose item has moved on meanwhile is passed over.
 */
export async function fetchItems(
  storage: StorageDriver,
  table: ActiveTable,
  partition: Buffer,
  entries: { readonly rows: readonly Row[]; readonly more: boolean },
  read: ReadOptions,
): Promise<{ shown: PageRow[]; rows: readonly Row[]; more: boolean }> {
  const rows = withinPage(entries.rows)
  if (rows.length === 0) return { shown: [], rows, more: entries.more }
  const sorts = rows.map(({ sort }) => itemSortOfEntry(sort))
  const items = await storage.getMany(table.id, partition, sorts, read)
  const shown: PageRow[] = []
  for (const [i, row] of rows.entries()) {
    const item = items[i]
    if (item && belongTogether(table, row, item)) {
      shown.push({ row, encoded: encodedItemOf(item.value) })
    }
  }
  return { shown, rows, more: entries.more || rows.length < entries.rows.length }
}

/** The entries whose items fit a page; the last may go beyond, as in any page. */
function withinPage(entries: readonly Row[]): readonly Row[] {
  let bytes = 0
  const end = entries.findIndex(({ value }) => {
    bytes += entryItemSizeBytes(value)
    return bytes >= PAGE_SIZE_BYTES_MAX
  })
  return end < 0 ? entries : entries.slice(0, end + 1)
}

/** An item and its entries are written by one commit; a later one may leave the entry in place. */
function belongTogether({ definition }: ActiveTable, entry: Row, item: Row): boolean {
  return (
    item.version.equals(entry.version) ||
    indexEntrySorts(definition, itemOf(item.value)).some((sort) => sort.equals(entry.sort))
  )
}
