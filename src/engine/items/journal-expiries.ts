import type { AttributeValue } from '../../model/attribute-value.ts'
import type { ActiveTable } from '../catalogue/active-table.ts'
import type { EngineTime } from '../engine-time.ts'
import type { ExpiryEntry, ExpiryJournal } from '../jobs/expiry-journal.ts'
import type { OperationContext } from '../operation-context.ts'
import { expiryByValue } from './expiry.ts'

/** What is known of an item's expiry before it is written. */
export interface ExpiringWrite {
  readonly sort: Buffer
  /** The expiry set by v1's time to live, in seconds since 1970. Absent if the item does not expire
   * or the write keeps its expiry. */
  readonly expiresAt?: number
  /** The value of an attribute after the write, as far as it is known before the old item is read.
   * Undefined if the new item lacks the attribute or keeps the old value. */
  readonly foreseen?: (attribute: string) => AttributeValue | 'unforeseen' | undefined
}

/** The parts of an engine that journalling needs. */
export interface JournalParts {
  readonly expiries: ExpiryJournal
  readonly time: EngineTime
}

interface Look {
  readonly at: number
  readonly unforeseen?: true
}

/** Records when the sweep must look at the items. Undefined if none of them expires. */
export function journalExpiries(
  { expiries, time }: JournalParts,
  { storage, projectId, deadline }: OperationContext,
  { id: tableId, definition }: ActiveTable,
  partition: Buffer,
  writes: readonly ExpiringWrite[],
): Promise<unknown> | undefined {
  const nowSeconds = definition.timeToLive ? time.expiryNow() / 1000 : 0
  const journalled: Promise<void>[] = []
  for (const write of writes) {
    for (const { at, ...kind } of looksAt(write, definition.timeToLive?.attribute, nowSeconds)) {
      const { sort } = write
      const entry: ExpiryEntry = {
        ...{ tableId, projectId, table: definition.name, partition, sort },
        ...kind,
      }
      journalled.push(expiries.add(storage, entry, at, deadline))
    }
  }
  return journalled.length > 0 ? Promise.all(journalled) : undefined
}

/** An item may have two expiries. Both are journalled, because a later write may postpone the
 * earlier one alone. */
function looksAt(
  { expiresAt, foreseen }: ExpiringWrite,
  attribute: string | undefined,
  nowSeconds: number,
): readonly Look[] {
  const looks: Look[] = expiresAt ? [{ at: expiresAt }] : []
  const value = attribute === undefined ? undefined : foreseen?.(attribute)
  if (value === 'unforeseen') return [...looks, { at: nowSeconds, unforeseen: true }]
  const at = expiryByValue(value, nowSeconds)
  return at === 0 ? looks : [...looks, { at }]
}
