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

export interface LocalSecondaryIndex {
  readonly name: string
  /** Names the index inside its table's sort keys: 0 to 255, never given to another index. */
  readonly number: number
  /** The index's range key; its hash key is the table's. */
  readonly range: string
  readonly projection: Projection
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
  readonly localSecondaryIndexes: readonly LocalSecondaryIndex[]
  /** Milliseconds since 1970. */
  readonly createdAt: number
}

/** Hash, then range if the table has one. */
export function keyAttributeNames(key: KeySchema): readonly string[] {
  return key.range === undefined ? [key.hash] : [key.hash, key.range]
}

/** The key attributes of an item, or of an index entry when `index` is named: hash, range, index
 * range. Attributes that the item lacks are left out. */
export function keyOf(item: Item, key: KeySchema, index?: LocalSecondaryIndex): Item {
  const names = [...keyAttributeNames(key), ...(index ? [index.range] : [])]
  const found = new Map<string, AttributeValue>()
  for (const name of names) {
    const value = item.get(name)
    if (value) found.set(name, value)
  }
  return found
}
