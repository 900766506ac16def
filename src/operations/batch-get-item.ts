import type { Item } from '../model/attribute-value.ts'
import type { EncodedItem } from '../model/typed-json.ts'
import type { Operation } from './operation.ts'

export interface TableKeys {
  readonly table: string
  readonly keys: readonly Item[]
  readonly attributes?: readonly string[]
  readonly consistentRead: boolean
}

export interface BatchGetItem {
  readonly requests: readonly TableKeys[]
}

export interface BatchGetItemResult {
  /** Tables without a hit are left out; items are in no promised order. */
  readonly responses: ReadonlyMap<string, readonly EncodedItem[]>
  /** What was not read, with its options, to be asked again. */
  readonly unprocessed: readonly TableKeys[]
}
