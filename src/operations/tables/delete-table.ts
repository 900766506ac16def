import type { TableDefinition } from '../../model/table.ts'
import type { Operation, TableCheck } from '../operation.ts'

export interface DeleteTable {
  readonly table: string
  readonly check?: TableCheck
}

/** Responds once the deletion is durable. The data is removed in the background. */
export const deleteTable: Operation<DeleteTable, TableDefinition> = {
  name: 'delete_table',
  async run({ catalogue, jobs }, { table, check }, context) {
    const definition = await catalogue.delete(context, table, check)
    jobs.wake()
    return definition
  },
}
