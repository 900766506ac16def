import type { AttributeValue } from '../../model/attribute-value.ts'
import type { Steps } from '../../model/steps.ts'
import type { TableDefinition } from '../../model/table.ts'
import type { StoredItem } from '../format/stored-item.ts'

/** Seconds in the past (five years) beyond which a number is not taken for an expiry time. */
export const PAST_SECONDS_MAX = 5 * 365.25 * 86_400
/** The last minute that the journal can represent, in seconds since 1970: in the year 10136. */
export const EXPIRY_SECONDS_MAX = 0xffff_ffff * 60

/** The expiry time that a time-to-live attribute's value sets, in seconds since 1970; 0: never. */
export function expiryByValue(value: AttributeValue | undefined, nowSeconds: number): number {
  if (value?.type !== 'N') return 0
  const seconds = Math.ceil(Number(value.value))
  const isTime = seconds > Math.max(0, nowSeconds - PAST_SECONDS_MAX)
  return isTime && seconds <= EXPIRY_SECONDS_MAX ? seconds : 0
}

/** The expiry time of a stored item by its table's current time-to-live attribute; 0: never. */
export function* expiryByAttribute(
  { timeToLive }: TableDefinition,
  stored: StoredItem,
  nowSeconds: number,
): Steps<number> {
  if (!timeToLive) return 0
  const item = yield* stored.read()
  return expiryByValue(item.get(timeToLive.attribute), nowSeconds)
}
