import type { TableDefinition, TableSettings } from '../../model/table.ts'
import type { Operation } from '../operation.ts'

export interface UpdateTable {
  readonly table: string
  /** Returns the new settings. Throws if the wire refuses the change of this definition. */
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
