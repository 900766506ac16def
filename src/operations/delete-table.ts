import type { TableDefinition } from '../model/table.ts'
import type { Operation } from './operation.ts'

export interface DeleteTable {
  readonly table: string
}
