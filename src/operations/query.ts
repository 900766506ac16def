import type { Condition, KeyCondition } from '../expression/condition.ts'
import type { Item } from '../model/attribute-value.ts'
import type { EncodedItem } from '../model/typed-json.ts'
import type { Operation } from './operation.ts'

export type Select = 'ALL_ATTRIBUTES' | 'ALL_PROJECTED_ATTRIBUTES' | 'SPECIFIC_ATTRIBUTES' | 'COUNT'

export interface Query {
  readonly table: string
  readonly index?: string
  /** By attribute name; which attributes it has to name depends on the table and the index. */
  readonly keyConditions: ReadonlyMap<string, KeyCondition>
  readonly filter?: Condition
  readonly select: Select
  /** With SPECIFIC_ATTRIBUTES; absent: all. */
  readonly attributes?: readonly string[]
  /** Rows to read at most, 1 or more; absent: as many as a page holds. */
  readonly limit?: number
  readonly consistentRead: boolean
  readonly forward: boolean
  readonly exclusiveStartKey?: Item
}

/** A page of Query or Scan. */
export interface PageResult {
  readonly count: number
  /** Rows read, before the filter. */
  readonly scannedCount: number
  /** Absent for COUNT. */
  readonly items?: readonly EncodedItem[]
  /** Present when more may follow, and always when `limit` rows were read. */
  readonly lastEvaluatedKey?: Item
}
