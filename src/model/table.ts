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

/** Of the items of one hash key, in another order. */
export interface LocalIndex {
  readonly kind: 'local'
  readonly name: string
  /** Names the index inside its table's sort keys: 0 to 255, never given to another index. */
  readonly number: number
  /** The index's range key; its hash key is the table's. */
  readonly range: string
  readonly projection: Projection
}

export type SecondaryIndex = LocalIndex

/** What a creator has asked for beside keys and indexes: kept and shown. Deletion protection holds,
 * nothing else is enforced. */
export interface TableSettings {
  readonly billingMode?: 'PROVISIONED' | 'PAY_PER_REQUEST'
  /** When it became PAY_PER_REQUEST. Milliseconds since 1970, as all these times. */
  readonly payPerRequestSince?: number
  /** Capacity units a second. */
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

/** Items expire by an attribute of theirs, which holds seconds since 1970. */
export interface TimeToLive {
  readonly attribute: string
  /** The change that enabled it, until the items from before it are journalled. */
  readonly enabling?: string
}

export interface TableDefinition {
  /** Dashed lower-case UUID, never used again after the table is deleted. */
  readonly id: string
  readonly name: string
  readonly status: TableStatus
  /** Types of key attributes and of any other attribute that the creator named; every write of a
   * named attribute is checked against them. In the order in which the creator gave them. */
  readonly attributeTypes: ReadonlyMap<string, AttributeType>
  readonly key: KeySchema
  readonly indexes: readonly SecondaryIndex[]
  readonly settings: TableSettings
  /** Absent: disabled. */
  readonly timeToLive?: TimeToLive
  /** Milliseconds since 1970. */
  readonly createdAt: number
}

/** Hash, then range if the table has one. */
export function keyAttributeNames(key: KeySchema): readonly string[] {
  return key.range === undefined ? [key.hash] : [key.hash, key.range]
}

/** The key attributes of an item, or of an index entry when `index` is named: hash, range, index
 * range. Attributes that the item lacks are left out. */
export function keyOf(item: Item, key: KeySchema, index?: SecondaryIndex): Item {
  const names = [...keyAttributeNames(key), ...(index ? [index.range] : [])]
  const found = new Map<string, AttributeValue>()
  for (const name of names) {
    const value = item.get(name)
    if (value) found.set(name, value)
  }
  return found
}
