import type { ListTablesResult } from '../../../operations/tables/list-tables.ts'
import type { V1Request } from '../request.ts'

export function encodeTables(result: ListTablesResult, { tablesUrl }: V1Request): string {
  return JSON.stringify({
    tables: result.tables.map((name) => ({ rel: 'self', href: `${tablesUrl}/${name}` })),
    last_evaluated_table_name: result.lastEvaluatedTable,
  })
}
