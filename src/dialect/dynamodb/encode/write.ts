import { NO_USAGE, usageOf, type WriteUsage } from '../../../engine/items/written.ts'
import type { Item } from '../../../model/attribute-value.ts'
import { andThen, type Stepped } from '../../../model/steps.ts'
import type { WriteResult } from '../../../operations/items/item-write.ts'
import type { WriteShown } from '../decode/write-parameters.ts'
import { consumedCapacity, writtenUnits } from './capacity.ts'
import { collectionMetrics } from './collection-metrics.ts'
import { object, shownItem } from './shown-item.ts'

interface WriteCommand {
  readonly table: string
  readonly shown: WriteShown
}

/** The answer of PutItem. */
export function encodePut(
  result: WriteResult,
  _request: unknown,
  command: WriteCommand & { readonly item: Item },
): Stepped<string> {
  return encodeWrite(result, command, command.item)
}

/** The answer of UpdateItem and DeleteItem. */
export function encodeKeyedWrite(
  result: WriteResult,
  _request: unknown,
  command: WriteCommand & { readonly key: Item },
): Stepped<string> {
  return encodeWrite(result, command, command.key)
}

function encodeWrite(
  { attributes, written }: WriteResult,
  { table, shown }: WriteCommand,
  key: Item,
): Stepped<string> {
  const isEmpty = attributes === undefined || attributes.json === '{}'
  if (isEmpty && shown.capacity === 'NONE' && !shown.metrics) return '{}'
  const usage = shown.capacity === 'NONE' ? NO_USAGE : usageOf(written)
  return andThen(isEmpty ? undefined : shownItem(attributes), (text) =>
    andThen(usage, (used: WriteUsage) =>
      object({
        Attributes: text,
        ConsumedCapacity: consumedCapacity(table, shown.capacity, () => writtenUnits([used])),
        ItemCollectionMetrics: shown.metrics
          ? collectionMetrics(written.definition, key)
          : undefined,
      }),
    ),
  )
}
