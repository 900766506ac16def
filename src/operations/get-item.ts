import type { Item } from '../model/attribute-value.ts'
import type { EncodedItem } from '../model/typed-json.ts'
import type { Operation } from './operation.ts'

export interface GetItem {
  readonly table: string
  /** Exactly the key attributes. */
  readonly key: Item
  /** Names of the attributes to return; absent: all. */
  readonly attributes?: readonly string[]
  readonly consistentRead: boolean
}

export interface GetItemResult {
  /** Absent: there is no such item. */
  readonly item?: EncodedItem
}
