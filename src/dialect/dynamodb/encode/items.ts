import { andThen, type Stepped } from '../../../model/steps.ts'
import { encodeItem } from '../../../model/typed-json.ts'
import type { GetItemResult } from '../../../operations/items/get-item.ts'
import type { PageResult } from '../../../operations/items/query.ts'
import type { ShownGet } from '../decode/get-item.ts'
import type { CapacityDetail } from '../decode/parameters.ts'
import { consumedCapacity, NO_INDEXES, readUnits, type UsedUnits } from './capacity.ts'
import { object, shownItem, shownItems } from './shown-item.ts'

export function encodeFoundItem(
  { item, bytes }: GetItemResult,
  _request: unknown,
  { table, capacity, consistentRead }: ShownGet,
): Stepped<string> {
  const shown = item && shownItem(item)
  if (capacity === 'NONE' && typeof shown === 'string') return `{"Item":${shown}}`
  return andThen(shown, (text) =>
    object({
      Item: text,
      ConsumedCapacity: consumedCapacity(table, capacity, () => ({
        ...{ table: readUnits(bytes, consistentRead), indexes: NO_INDEXES },
      })),
    }),
  )
}

interface PageCommand {
  readonly table: string
  readonly index?: string
  readonly capacity: CapacityDetail
  readonly consistentRead: boolean
}

/** The answer of Query and Scan. */
export function encodePage(
  page: PageResult,
  _request: unknown,
  command: PageCommand,
): Stepped<string> {
  const { items, count, scannedCount, lastEvaluatedKey } = page
  return andThen(items && shownItems(items), (text) =>
    object({
      Items: text,
      Count: `${count}`,
      ScannedCount: `${scannedCount}`,
      LastEvaluatedKey: lastEvaluatedKey && encodeItem(lastEvaluatedKey).json,
      ConsumedCapacity: consumedCapacity(command.table, command.capacity, () =>
        pageUnits(page, command),
      ),
    }),
  )
}

/** Items fetched for entries of an index count one by one. */
function pageUnits(
  { bytes, fetchedBytes = [] }: PageResult,
  { index, consistentRead }: PageCommand,
): UsedUnits {
  const units = readUnits(bytes, consistentRead)
  if (index === undefined) return { table: units, indexes: NO_INDEXES }
  const fetched = fetchedBytes.reduce((sum, each) => sum + readUnits(each, consistentRead), 0)
  return { table: fetched, indexes: new Map([[index, units]]) }
}
