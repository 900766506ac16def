import { andThen, type Stepped } from '../../../../model/steps.ts'
import type { ListTables } from '../../../../operations/tables/list-tables.ts'
import type { WireRequest } from '../../../wire.ts'
import { integer } from '../../shapes/scalars.ts'
import { structure } from '../../shapes/shape.ts'
import { inputOf, newName } from '../parameters.ts'

/** Names in one answer at most. */
const NAMES_MAX = 100

const SHAPE = structure({
  Limit: integer({ min: 1, max: NAMES_MAX }),
  ExclusiveStartTableName: newName,
})

export function decodeListTables(request: WireRequest): Stepped<ListTables> {
  return andThen(inputOf(SHAPE, request), ({ Limit, ExclusiveStartTableName }) => ({
    limit: Limit ?? NAMES_MAX,
    ...(ExclusiveStartTableName !== undefined && { exclusiveStartTable: ExclusiveStartTableName }),
  }))
}
