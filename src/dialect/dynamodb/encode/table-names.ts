import type { ListTablesResult } from '../../../operations/tables/list-tables.ts'

export function encodeTableNames({ tables, more, lastEvaluatedTable }: ListTablesResult): string {
  const last = more ? lastEvaluatedTable : undefined
  return JSON.stringify({ TableNames: tables, LastEvaluatedTableName: last })
}
