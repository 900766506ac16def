import type { Condition } from '../../expression/condition.ts'
import { evaluate } from '../../expression/evaluate.ts'
import type { Path } from '../../expression/path.ts'
import { type Projection, projection } from '../../expression/project.ts'
import type { Item, ScalarType } from '../../model/attribute-value.ts'
import { PAGE_ROWS_MAX, PAGE_SIZE_BYTES_MAX } from '../../model/limits.ts'
import { finished, isSteps, mapInSteps, type Steps } from '../../model/steps.ts'
import { keyAttributeNames, keyOf, type SecondaryIndex } from '../../model/table.ts'
import { type EncodedItem, encodeInSteps, readInSteps } from '../../model/typed-json.ts'
import {
  type PageBudget,
  type ReadOptions,
  type Row,
  type ScanPosition,
  type StorageDriver,
  StorageUnavailableError,
} from '../../storage/driver.ts'
import type { ActiveTable } from '../catalogue/active-table.ts'
import {
  decodeKeyValue,
  indexRangeOfEntry,
  itemSortOfEntry,
  rangeOfItem,
} from '../format/key-codec.ts'
import { isExpired } from '../format/stored-item.ts'
import { encodedEntryOf, encodedItemOf, entryItemSizeBytes, itemOf } from '../format/value-codec.ts'
import { indexEntrySorts } from '../indexes/local-index.ts'
import type { WorkContext } from '../operation-context.ts'

/** A page of Query or Scan. */
export interface Page {
  readonly count: number
  /** Rows read, before the filter. */
  readonly scannedCount: number
  /** Absent when only the count was asked for. */
  readonly items?: readonly EncodedItem[]
  /** Total size of the rows read: of the items, or of the index entries' projections. */
  readonly bytes: number
  /** Sizes of the items that were fetched because index entries lack some attributes. */
  readonly fetchedBytes?: readonly number[]
  /** Present if more may follow, and always if `limit` rows were read. Possibly no item's key: a
   * page also ends after the storage has skipped many deleted rows. */
  readonly lastEvaluatedKey?: Item
}

/** Rows as the storage returned them. */
export interface RowsRead<Found extends Row = Row> {
  readonly rows: readonly Found[]
  readonly more: boolean
  /** Where the page ended, if it ended early. */
  readonly reached?: ScanPosition
  /** The items of the rows, if these are index entries that lack attributes. */
  readonly items?: readonly Row[]
}

/** Which of the rows that a page reads it returns, and what of them. */
export interface PageView {
  readonly limit?: number
  readonly filter?: Condition
  readonly countOnly: boolean
  /** Items that have expired by this time are left out. Seconds since 1970. */
  readonly nowSeconds: number
  /** Paths to return of each item; absent: all attributes. */
  readonly paths?: readonly Path[]
  /** The rows are this index's entries. */
  readonly index?: SecondaryIndex
}

/** Small rows that are decoded and filtered without a pause. */
const STEP_ROWS = 256
const SMALL_JSON_LENGTH_MAX = 1_024

export function pageBudget({ limit }: PageView, rowsMax = PAGE_ROWS_MAX): PageBudget {
  return { rows: Math.min(limit ?? rowsMax, rowsMax), bytes: PAGE_SIZE_BYTES_MAX }
}

/**
 * Filters and projects the rows of a page. Decodes none if they are only counted. Rejects with
 * StorageUnavailableError at the operation's deadline.
 *
 * @param read all rows of the page, before the filter
 * @param encodedOf encodes a row, or its fetched item
 */
export async function finishPage(
  { work, deadline }: WorkContext,
  table: ActiveTable,
  view: PageView,
  read: RowsRead,
  encodedOf: (value: Buffer) => EncodedItem,
): Promise<Page> {
  const live = (read.items ?? read.rows).filter((row) => !isExpired(row, view.nowSeconds))
  const isCounted = view.countOnly && !view.filter
  const items = isCounted ? [] : await work.finish(shownItems(view, live, encodedOf, deadline))
  const full = read.more || read.rows.length === view.limit
  const lastEvaluatedKey = full ? await work.finish(lastKey(table, view, read)) : undefined
  return {
    count: isCounted ? live.length : items.length,
    scannedCount: read.rows.length,
    bytes: read.rows.reduce((bytes, { size }) => bytes + size, 0),
    ...(read.items && { fetchedBytes: read.items.map(({ size }) => size) }),
    ...(view.countOnly ? {} : { items }),
    ...(lastEvaluatedKey && { lastEvaluatedKey }),
  }
}

function* shownItems(
  view: PageView,
  rows: readonly Row[],
  encodedOf: (value: Buffer) => EncodedItem,
  deadline: number,
): Steps<EncodedItem[]> {
  const { filter, paths } = view
  if (!filter && !paths) {
    const whole: EncodedItem[] = []
    for (const { value } of rows) if (whole.push(encodedOf(value)) % STEP_ROWS === 0) yield
    return whole
  }
  const show = paths && projection(paths)
  const shown = yield* mapInSteps(rows, ({ value }) => {
    if (performance.now() >= deadline) throw new StorageUnavailableError('the deadline has passed')
    return shownItem(filter, show, encodedOf(value))
  })
  return shown.filter((encoded) => encoded !== undefined)
}

/** Undefined if the filter rejects the item. */
function* shownItem(
  filter: Condition | undefined,
  show: Projection | undefined,
  encoded: EncodedItem,
): Steps<EncodedItem | undefined> {
  yield
  const item = yield* readInSteps(encoded.json)
  if (filter) {
    const isMet = evaluate(filter, item)
    const isShown = !isSteps(isMet) || isSmall(encoded) ? finished(isMet) : yield* isMet
    if (!isShown) return undefined
  }
  return show ? yield* encodeInSteps(show(item)) : encoded
}

/** Whether even the longest filter takes little enough time on the item to need no steps. */
function isSmall({ json }: EncodedItem): boolean {
  return json.length <= SMALL_JSON_LENGTH_MAX
}

/** Undefined if nothing was read. */
function* lastKey(
  table: ActiveTable,
  view: PageView,
  { rows, reached }: RowsRead,
): Steps<Item | undefined> {
  if (reached) return placeKey(table, view, reached)
  const last = rows.at(-1)
  if (!last) return undefined
  const encoded = view.index ? encodedEntryOf(last.value) : encodedItemOf(last.value)
  return keyOf(yield* readInSteps(encoded.json), table.definition.key, view.index)
}

/** The key that an item, or its entry in the index, has at this position. */
function placeKey(
  { definition }: ActiveTable,
  { index }: PageView,
  { partition, sort }: ScanPosition,
): Item {
  const { key, attributeTypes } = definition
  const itemSort = index ? itemSortOfEntry(sort) : sort
  const values = [partition, rangeOfItem(itemSort), ...(index ? [indexRangeOfEntry(sort)] : [])]
  const names = [...keyAttributeNames(key), ...(index ? [index.range] : [])]
  return new Map(
    names.map((name, i) => {
      const type = attributeTypes.get(name) as ScalarType
      return [name, decodeKeyValue(type, values[i] as Buffer)]
    }),
  )
}

/**
 * Fetches the items of index entries, for attributes that the index does not hold: as many as fit
 * one page, with one more read per partition. Skips an entry whose item has changed since.
 */
export async function fetchItems<Entry extends Row>(
  storage: StorageDriver,
  table: ActiveTable,
  partitionOf: (entry: Entry) => Buffer,
  entries: RowsRead<Entry>,
  read: ReadOptions,
): Promise<RowsRead> {
  const rows = withinPage(entries.rows)
  const runs = runsOf(rows, partitionOf).map(({ partition, sorts }) =>
    storage.getMany(table.id, partition, sorts, read),
  )
  const found = (await Promise.all(runs)).flat()
  const items = found.filter((item, i): item is Row => {
    const entry = rows[i]
    return item !== null && entry !== undefined && belongTogether(table, entry, item)
  })
  return rows.length < entries.rows.length ? { rows, more: true, items } : { ...entries, items }
}

/** The sorts of the items, consecutive ones of one partition together. */
function runsOf<Entry extends Row>(
  entries: readonly Entry[],
  partitionOf: (entry: Entry) => Buffer,
): { readonly partition: Buffer; readonly sorts: Buffer[] }[] {
  const runs: { readonly partition: Buffer; readonly sorts: Buffer[] }[] = []
  for (const entry of entries) {
    const partition = partitionOf(entry)
    let run = runs.at(-1)
    if (!run?.partition.equals(partition)) {
      run = { partition, sorts: [] }
      runs.push(run)
    }
    run.sorts.push(itemSortOfEntry(entry.sort))
  }
  return runs
}

/** The entries whose items fit a page. As in any page, the last may exceed it. */
function withinPage<Entry extends Row>(entries: readonly Entry[]): readonly Entry[] {
  let bytes = 0
  const end = entries.findIndex(({ value }) => {
    bytes += entryItemSizeBytes(value)
    return bytes >= PAGE_SIZE_BYTES_MAX
  })
  return end < 0 ? entries : entries.slice(0, end + 1)
}

/** An item and its entries are written by one commit and have its version. A later write of the
 * item may keep an entry that has not changed. */
function belongTogether({ definition }: ActiveTable, entry: Row, item: Row): boolean {
  return (
    item.version.equals(entry.version) ||
    indexEntrySorts(definition, itemOf(item.value)).some((sort) => sort.equals(entry.sort))
  )
}
