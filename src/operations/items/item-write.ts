import type { Engine } from '../../engine/engine.ts'
import type { StoredItem } from '../../engine/format/stored-item.ts'
import { isExpired } from '../../engine/format/stored-item.ts'
import type { Written } from '../../engine/items/written.ts'
import type { Condition } from '../../expression/condition.ts'
import { evaluate } from '../../expression/evaluate.ts'
import { MagnetoDBError } from '../../model/errors.ts'
import { isSteps, type Steps } from '../../model/steps.ts'
import type { EncodedItem } from '../../model/typed-json.ts'

/** Shared by PutItem, UpdateItem and DeleteItem. */

/** The stored item for a write; null if it has expired. */
export function liveItem({ time }: Engine, stored: StoredItem | null): StoredItem | null {
  return stored && isExpired(stored, time.expiryNow() / 1000) ? null : stored
}

/** The old item, or its absence, did not meet the condition. */
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
  /** The attributes that the command asked for. */
  readonly attributes?: EncodedItem
  readonly written: Written
}

/** The result of a write, with the old item if `wantsOld` and there was one. */
export function writeResult(written: Written, wantsOld: boolean): WriteResult {
  const old = wantsOld && written.change?.old
  return old ? { attributes: old.encoded, written } : { written }
}

/** The expiry time in seconds since 1970, rounded up. 0: never. Undefined if no time to live was
 * given. */
export function expiry(engine: Engine, timeToLiveSeconds: number | undefined): number | undefined {
  if (!timeToLiveSeconds) return timeToLiveSeconds
  return Math.ceil(engine.now() / 1000) + timeToLiveSeconds
}
