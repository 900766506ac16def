import type { AttributeValue } from '../../model/attribute-value.ts'
import type { Steps } from '../../model/steps.ts'
import type { TableDefinition } from '../../model/table.ts'
import type { StoredItem } from '../format/stored-item.ts'

/** Seconds after which a time in the past, about five years ago, is taken for something else. */
export const PAST_SECONDS_MAX = 5 * 365.25 * 86_400
/** Seconds since 1970 of the last minute that the journal can name, in the year 10136. */
export const EXPIRY_SECONDS_MAX = 0xffff_ffff * 60

/** The time at which an item expires by the value of its table's attribute, in seconds since 1970;
 * 0: never. */
export function expiryByValue(value: AttributeValue | undefined, nowSeconds: number): number {
  if (value?.type !== 'N') return 0
  const seconds = Math.ceil(Number(value.value))
  const isTime = seconds > Math.max(0, nowSeconds - PAST_SECONDS_MAX)
  return isTime && seconds <= EXPIRY_SECONDS_MAX ? seconds : 0
}

/** The same of a stored item, by the present definition of its table. */
export function* expiryByAttribute(
  { timeToLive }: TableDefinition,
  stored: StoredItem,
  nowSeconds: number,
): Steps<number> {
  if (!timeToLive) return 0
  const item = yield* stored.read()
  return expiryByValue(item.get(timeToLive.attribute), nowSeconds)
}
