import type { AttributeType, AttributeValue, Item } from './attribute-value.ts'

export type TableStatus = 'ACTIVE' | 'DELETING' | 'DELETE_FAILED'

export interface KeySchema {
  readonly hash: string
  readonly range?: string
}

export type Projection =
  | { readonly type: 'ALL' }
  | { readonly type: 'KEYS_ONLY' }
  | { readonly type: 'INCLUDE'; readonly nonKeyAttributes: readonly string[] }

/** Orders the items of each hash key by another range key. */
export interface LocalIndex {
  readonly kind: 'local'
  readonly name: string
  /** Identifies the index in its table's sort keys: 0 to 255, never reused. */
  readonly number: number
  /** The index's range key; its hash key is the table's. */
  readonly range: string
  readonly projection: Projection
}

export type SecondaryIndex = LocalIndex

/** Settings beside keys and indexes. They are stored and shown; only deletion protection is
 * enforced. */
export interface TableSettings {
  readonly billingMode?: 'PROVISIONED' | 'PAY_PER_REQUEST'
  /** When it became PAY_PER_REQUEST. All times here are milliseconds since 1970. */
  readonly payPerRequestSince?: number
  /** Capacity units per second. */
  readonly throughput?: Throughput
  readonly tableClass?: 'STANDARD' | 'STANDARD_INFREQUENT_ACCESS'
  readonly tableClassSince?: number
  readonly deletionProtection?: boolean
}

export interface Throughput {
  readonly readUnits: number
  readonly writeUnits: number
  readonly increasedAt?: number
  readonly decreasedAt?: number
}

/** Items expire at the time in one of their attributes, in seconds since 1970. */
export interface TimeToLive {
  readonly attribute: string
  /** Id of the change that enabled it, until the expiries of older items are journalled. */
  readonly enabling?: string
}

export interface TableDefinition {
  /** Lower-case UUID with dashes, never reused. */
  readonly id: string
  readonly name: string
  readonly status: TableStatus
  /** Types of the key attributes and of others that the creator declared, in the creator's order.
   * Every write of these attributes is checked. */
  readonly attributeTypes: ReadonlyMap<string, AttributeType>
  readonly key: KeySchema
  readonly indexes: readonly SecondaryIndex[]
  readonly settings: TableSettings
  /** Absent: disabled. */
  readonly timeToLive?: TimeToLive
  /** Milliseconds since 1970. */
  readonly createdAt: number
}

/** The hash key, then the range key if the table has one. */
export function keyAttributeNames(key: KeySchema): readonly string[] {
  return key.range === undefined ? [key.hash] : [key.hash, key.range]
}

/** The key attributes that an item has, or, with `index`, its index entry: hash, range, index
 * range. */
export function keyOf(item: Item, key: KeySchema, index?: SecondaryIndex): Item {
  const names = [...keyAttributeNames(key), ...(index ? [index.range] : [])]
  const found = new Map<string, AttributeValue>()
  for (const name of names) {
    const value = item.get(name)
    if (value) found.set(name, value)
  }
  return found
}
