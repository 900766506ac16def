import type { Engine } from '../../engine/engine.ts'
import type { StoredItem } from '../../engine/format/stored-item.ts'
import { isExpired } from '../../engine/format/stored-item.ts'
import type { Change } from '../../engine/items/write-items.ts'
import type { Condition } from '../../expression/condition.ts'
import { evaluate } from '../../expression/evaluate.ts'
import { MagnetoDBError } from '../../model/errors.ts'
import { type Steps, settled } from '../../model/steps.ts'
import type { EncodedItem } from '../../model/typed-json.ts'

/** What PutItem, UpdateItem and DeleteItem share. */

/** What a write sees of what is stored: an item that has expired is none. */
export function liveItem({ time }: Engine, stored: StoredItem | null): StoredItem | null {
  return stored && isExpired(stored, time.expiryNow() / 1000) ? null : stored
}

export function* requireCondition(
  condition: Condition | undefined,
  old: StoredItem | null,
): Steps<void> {
  if (!condition) return
  const item = old && (yield* old.read())
  if (yield* settled(evaluate(condition, item))) return
  throw new MagnetoDBError({ is: 'condition_failed' })
}

export function oldAttributes(change?: Change): { readonly attributes?: EncodedItem } {
  return change?.old ? { attributes: change.old.encoded } : {}
}

/** The second at which an item ends, not before its time; undefined when no time to live was
 * given; 0 is for ever. */
export function expiry(engine: Engine, timeToLiveSeconds: number | undefined): number | undefined {
  if (!timeToLiveSeconds) return timeToLiveSeconds
  return Math.ceil(engine.now() / 1000) + timeToLiveSeconds
}
