import type { Condition, UpdateAction } from '../expression/condition.ts'
import type { Item } from '../model/attribute-value.ts'
import type { EncodedItem } from '../model/typed-json.ts'
import type { Operation } from './operation.ts'

export interface UpdateItem {
  readonly table: string
  readonly key: Item
  readonly updates: ReadonlyMap<string, UpdateAction>
  readonly condition?: Condition
  readonly returnValues: 'NONE' | 'ALL_OLD' | 'ALL_NEW' | 'UPDATED_OLD' | 'UPDATED_NEW'
  /** Seconds from now; absent: the item's expiry stays as it is. */
  readonly timeToLiveSeconds?: number
}

export interface UpdateItemResult {
  /** Present unless `NONE` was asked for; empty (`{}`) where the item or the attributes that the
   * mode names do not exist. */
  readonly attributes?: EncodedItem
}
