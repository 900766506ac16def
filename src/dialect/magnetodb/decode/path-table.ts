import type { WireRequest } from '../../wire.ts'
import { requireTableName } from '../names.ts'
import { pathTable } from '../paths.ts'

/** For DescribeTable and DeleteTable, which have no body. */
export function decodePathTable(request: WireRequest): { readonly table: string } {
  return { table: requireTableName(pathTable(request)) }
}
