import { randomUUID } from 'node:crypto'
import { createTagged, type Tags } from '../../engine/catalogue/table-tags.ts'
import type { AttributeType } from '../../model/attribute-value.ts'
import type { KeySchema, Projection, TableDefinition, TableSettings } from '../../model/table.ts'
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
  readonly settings: TableSettings
  readonly tags?: Tags
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
      indexes: command.localSecondaryIndexes.map(({ name, range, projection }, number) => ({
        ...{ kind: 'local', name, number, range, projection },
      })),
      settings: command.settings,
      createdAt: now(),
    }
    const { tags } = command
    const create = () => catalogue.create(context, definition)
    await (tags ? createTagged(context, definition, tags, create) : create())
    return definition
  },
}
