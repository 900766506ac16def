import { requireTableName } from '../names.ts'
import type { V1Request } from '../request.ts'

/** DescribeTable and DeleteTable, which have no body: the path says it all. */
export function decodePathTable(request: V1Request): { readonly table: string } {
  return { table: requireTableName(request.tableName) }
}
