import type { Engine } from '../../engine/engine.ts'
import type { StoredItem } from '../../engine/format/stored-item.ts'
import { isExpired } from '../../engine/format/stored-item.ts'
import type { Written } from '../../engine/items/written.ts'
import type { Condition } from '../../expression/condition.ts'
import { evaluate } from '../../expression/evaluate.ts'
import { MagnetoDBError } from '../../model/errors.ts'
import { isSteps, type Steps } from '../../model/steps.ts'
import type { EncodedItem } from '../../model/typed-json.ts'

/** What PutItem, UpdateItem and DeleteItem share. */

/** What a write sees of what is stored: an item that has expired is none. */
export function liveItem({ time }: Engine, stored: StoredItem | null): StoredItem | null {
  return stored && isExpired(stored, time.expiryNow() / 1000) ? null : stored
}

/** Not met by the item that was there, or by there being none. */
export class ConditionFailedError extends MagnetoDBError {
  readonly old: StoredItem | null

  constructor(old: StoredItem | null) {
    super({ is: 'condition_failed' })
    this.old = old
  }
}

export function* requireCondition(
  condition: Condition | undefined,
  old: StoredItem | null,
): Steps<void> {
  if (!condition) return
  const item = old && (yield* old.read())
  const isMet = evaluate(condition, item)
  if (isSteps(isMet) ? yield* isMet : isMet) return
  throw new ConditionFailedError(old)
}

export interface WriteResult {
  /** Of what was asked to be returned. */
  readonly attributes?: EncodedItem
  readonly written: Written
}

/** Of a write that returns the old item, if it is asked to and there was one. */
export function writeResult(written: Written, wantsOld: boolean): WriteResult {
  const old = wantsOld && written.change?.old
  return old ? { attributes: old.encoded, written } : { written }
}

/** The second at which an item ends, not before its time; undefined when no time to live was
 * given; 0 is for ever. */
export function expiry(engine: Engine, timeToLiveSeconds: number | undefined): number | undefined {
  if (!timeToLiveSeconds) return timeToLiveSeconds
  return Math.ceil(engine.now() / 1000) + timeToLiveSeconds
}
