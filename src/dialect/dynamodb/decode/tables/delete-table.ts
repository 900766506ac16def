import { andThen, type Stepped } from '../../../../model/steps.ts'
import type { TableDefinition } from '../../../../model/table.ts'
import type { DeleteTable } from '../../../../operations/tables/delete-table.ts'
import type { WireRequest } from '../../../wire.ts'
import { Refusal } from '../../refusal.ts'
import { decodeNamedTable } from './named-table.ts'

export function decodeDeleteTable(request: WireRequest): Stepped<DeleteTable> {
  return andThen(decodeNamedTable(request), ({ table }) => ({ table, check: refuseDeleting }))
}

function refuseDeleting({ name, status }: TableDefinition): void {
  if (status !== 'DELETING') return
  throw new Refusal(
    'ResourceInUseException',
    `Attempt to change a resource which is still in use: Table is being deleted: ${name}`,
  )
}
