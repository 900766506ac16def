import type { ListTablesResult } from '../../../operations/tables/list-tables.ts'

export function encodeTableNames({ tables, lastEvaluatedTable }: ListTablesResult): string {
  return JSON.stringify({ TableNames: tables, LastEvaluatedTableName: lastEvaluatedTable })
}
