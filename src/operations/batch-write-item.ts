import type { Item } from '../model/attribute-value.ts'
import type { Operation } from './operation.ts'

export type WriteRequest = { readonly put: Item } | { readonly delete: Item }

export interface TableWrites {
  readonly table: string
  readonly writes: readonly WriteRequest[]
}

export interface BatchWriteItem {
  readonly requests: readonly TableWrites[]
}

export interface BatchWriteItemResult {
  /** What was not written, or may not have been, to be asked again. */
  readonly unprocessed: readonly TableWrites[]
}
