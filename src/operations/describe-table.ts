import type { TableDefinition } from '../model/table.ts'
import type { Operation } from './operation.ts'

export interface DescribeTable {
  readonly table: string
}
