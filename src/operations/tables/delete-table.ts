import type { TableDefinition } from '../../model/table.ts'
import type { Operation } from '../operation.ts'

export interface DeleteTable {
  readonly table: string
}

/** Answers once the table is certain to go; its data goes in the background. */
export const deleteTable: Operation<DeleteTable, TableDefinition> = {
  name: 'delete_table',
  async run({ catalogue, jobs }, { table }, context) {
    const definition = await catalogue.delete(context, table)
    jobs.wake()
    return definition
  },
}
