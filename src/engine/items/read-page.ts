import type { Condition } from '../../expression/condition.ts'
import { evaluate } from '../../expression/evaluate.ts'
import type { Item } from '../../model/attribute-value.ts'
import { PAGE_ROWS_MAX, PAGE_SIZE_BYTES_MAX } from '../../model/limits.ts'
import { mapInSteps, type Steps } from '../../model/steps.ts'
import { keyOf, type LocalSecondaryIndex } from '../../model/table.ts'
import { type EncodedItem, encodeInSteps, readInSteps, readItem } from '../../model/typed-json.ts'
import type { PageBudget, ReadOptions, Row, StorageDriver } from '../../storage/driver.ts'
import type { ActiveTable } from '../catalogue/active-table.ts'
import { itemSortOfEntry } from '../format/key-codec.ts'
import { isExpired } from '../format/stored-item.ts'
import { encodedEntryOf, entryItemSizeBytes, itemOf } from '../format/value-codec.ts'
import { indexEntrySorts, select } from '../indexes/local-index.ts'
import type { Work } from '../operation-context.ts'

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

/** Whole rows that are shown in one piece. */
const STEP_ROWS = 256

export function pageBudget({ limit }: PageView, rowsMax = PAGE_ROWS_MAX): PageBudget {
  return { rows: Math.min(limit ?? rowsMax, rowsMax), bytes: PAGE_SIZE_BYTES_MAX }
}

/**
 * Filters and projects what was read; where only rows are counted none is decoded.
 *
 * @param shown rows whose values `encodedOf` reads
 * @param read all rows that the page has come past
 */
export async function finishPage(
  work: Work,
  table: ActiveTable,
  view: PageView,
  shown: readonly Row[],
  encodedOf: (value: Buffer) => EncodedItem,
  read: { readonly rows: readonly Row[]; readonly more: boolean },
): Promise<Page> {
  const live = shown.filter((row) => !isExpired(row, view.nowSeconds))
  const isCounted = view.countOnly && !view.filter
  const items = isCounted ? [] : await work.finish(shownItems(view, live, encodedOf))
  const last = read.rows.at(-1)
  const full = read.more || read.rows.length === view.limit
  return {
    count: isCounted ? live.length : items.length,
    scannedCount: read.rows.length,
    ...(view.countOnly ? {} : { items }),
    ...(last && full ? { lastEvaluatedKey: positionKey(table, view, last) } : {}),
  }
}

function* shownItems(
  view: PageView,
  rows: readonly Row[],
  encodedOf: (value: Buffer) => EncodedItem,
): Steps<EncodedItem[]> {
  if (!view.filter && !view.attributes) {
    const whole: EncodedItem[] = []
    for (const { value } of rows) if (whole.push(encodedOf(value)) % STEP_ROWS === 0) yield
    return whole
  }
  const shown = yield* mapInSteps(rows, ({ value }) => shownItem(view, encodedOf(value)))
  return shown.filter((encoded) => encoded !== undefined)
}

/** Undefined where the filter does not let the item pass. */
function* shownItem(
  { filter, attributes }: PageView,
  encoded: EncodedItem,
): Steps<EncodedItem | undefined> {
  yield
  const item = yield* readInSteps(encoded.json)
  if (filter && !evaluate(filter, item)) return undefined
  return attributes ? yield* encodeInSteps(select(item, attributes)) : encoded
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
): Promise<{ items: Row[]; rows: readonly Row[]; more: boolean }> {
  const rows = withinPage(entries.rows)
  if (rows.length === 0) return { items: [], rows, more: entries.more }
  const sorts = rows.map(({ sort }) => itemSortOfEntry(sort))
  const found = await storage.getMany(table.id, partition, sorts, read)
  const items = found.filter((item, i): item is Row => {
    const entry = rows[i]
    return item !== null && entry !== undefined && belongTogether(table, entry, item)
  })
  return { items, rows, more: entries.more || rows.length < entries.rows.length }
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
