import type { AttributeType } from '../model/attribute-value.ts'
import type { KeySchema, Projection, TableDefinition } from '../model/table.ts'
import type { Operation } from './operation.ts'

export interface CreateTable {
  readonly table: string
  readonly attributeTypes: ReadonlyMap<string, AttributeType>
  readonly key: KeySchema
  readonly localSecondaryIndexes: readonly {
    readonly name: string
    readonly hash: string
    readonly range: string
    readonly projection: Projection
  }[]
}
