import type { TableDefinition } from '../model/table.ts'
import type { Operation } from './operation.ts'

export interface DeleteTable {
  readonly table: string
}

/** Answers once the table is DELETING; its data goes in the background. */
export const deleteTable: Operation<DeleteTable, TableDefinition> = {
  name: 'delete_table',
  run: ({ catalogue }, { table }, context) => catalogue.delete(context, table),
}
