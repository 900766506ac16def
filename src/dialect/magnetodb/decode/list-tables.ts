import { LIST_TABLES_MAX } from '../../../model/limits.ts'
import type { ListTables } from '../../../operations/tables/list-tables.ts'
import type { WireRequest } from '../../wire.ts'
import { requireTableName } from '../names.ts'
import { refuseUnexpectedParameters } from '../parameters.ts'
import { optionalLimit } from '../properties.ts'

export function decodeListTables({ query }: WireRequest): ListTables {
  const start = query.get('exclusive_start_table_name')
  const exclusiveStartTable = start ? requireTableName(start) : undefined
  const limit = optionalLimit(query.get('limit') || null) ?? LIST_TABLES_MAX
  refuseUnexpectedParameters(query, ['exclusive_start_table_name', 'limit'])
  return {
    ...(exclusiveStartTable && { exclusiveStartTable }),
    limit: Math.min(limit, LIST_TABLES_MAX),
  }
}
