import { randomUUID } from 'node:crypto'
import type { AttributeType } from '../../model/attribute-value.ts'
import type { KeySchema, Projection, TableDefinition } from '../../model/table.ts'
import type { Operation } from '../operation.ts'

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

export const createTable: Operation<CreateTable, TableDefinition> = {
  name: 'create_table',
  async run({ catalogue, now }, command, context) {
    const definition: TableDefinition = {
      id: randomUUID(),
      name: command.table,
      status: 'ACTIVE',
      attributeTypes: command.attributeTypes,
      key: command.key,
      localSecondaryIndexes: command.localSecondaryIndexes.map(
        ({ name, range, projection }, number) => ({ name, number, range, projection }),
      ),
      createdAt: now(),
    }
    await catalogue.create(context, definition)
    return definition
  },
}
