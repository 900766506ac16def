import type { Condition } from '../expression/condition.ts'
import type { Item } from '../model/attribute-value.ts'
import type { EncodedItem } from '../model/typed-json.ts'
import type { Operation } from './operation.ts'

export interface DeleteItem {
  readonly table: string
  readonly key: Item
  readonly condition?: Condition
  readonly returnValues: 'NONE' | 'ALL_OLD'
}

export interface DeleteItemResult {
  /** The item deleted, if it was asked for and there was one. */
  readonly attributes?: EncodedItem
}
