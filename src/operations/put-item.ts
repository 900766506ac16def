import type { Condition } from '../expression/condition.ts'
import type { Item } from '../model/attribute-value.ts'
import type { EncodedItem } from '../model/typed-json.ts'
import type { Operation } from './operation.ts'

export interface PutItem {
  readonly table: string
  readonly item: Item
  readonly condition?: Condition
  readonly returnValues: 'NONE' | 'ALL_OLD'
  /** Seconds from now; absent: the item does not expire. */
  readonly timeToLiveSeconds?: number
}

export interface PutItemResult {
  /** The item replaced, if it was asked for and there was one. */
  readonly attributes?: EncodedItem
}
