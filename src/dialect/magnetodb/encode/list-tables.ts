import type { ListTablesResult } from '../../../operations/tables/list-tables.ts'
import type { WireRequest } from '../../wire.ts'
import { tablesUrl } from '../paths.ts'

export function encodeTables(result: ListTablesResult, request: WireRequest): string {
  const url = tablesUrl(request)
  return JSON.stringify({
    tables: result.tables.map((name) => ({ rel: 'self', href: `${url}/${name}` })),
    last_evaluated_table_name: result.lastEvaluatedTable,
  })
}
