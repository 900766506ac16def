import type { TableDefinition } from '../../model/table.ts'
import type { Operation } from '../operation.ts'

export interface DescribeTable {
  readonly table: string
}

export const describeTable: Operation<DescribeTable, TableDefinition> = {
  name: 'describe_table',
  run: ({ catalogue }, { table }, context) => catalogue.describe(context, table),
}
