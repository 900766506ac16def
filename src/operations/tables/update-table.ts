import type { TableDefinition, TableSettings } from '../../model/table.ts'
import type { Operation } from '../operation.ts'

export interface UpdateTable {
  readonly table: string
  /** The settings from now on; throws what the wire refuses by the present definition. */
  readonly change: (table: TableDefinition) => TableSettings
}

export const updateTable: Operation<UpdateTable, TableDefinition> = {
  name: 'update_table',
  run: ({ catalogue }, { table, change }, context) =>
    catalogue.update(context, table, (definition) => ({
      ...definition,
      settings: change(definition),
    })),
}
