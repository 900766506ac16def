import { andThen, type Stepped } from '../../../../model/steps.ts'
import { validationError } from '../../../invalid-request.ts'
import type { WireRequest } from '../../../wire.ts'
import { text } from '../../shapes/scalars.ts'
import { structure } from '../../shapes/shape.ts'
import { inputOf } from '../parameters.ts'

const SHAPE = structure({
  TableName: text({ pattern: '[a-zA-Z0-9_.-]+', lengthMin: 1, lengthMax: 255 }),
})

/** DescribeTable and DeleteTable. */
export function decodeNamedTable(request: WireRequest): Stepped<{ readonly table: string }> {
  return andThen(inputOf(SHAPE, request), ({ TableName }) => ({
    table: requiredTable(TableName),
  }))
}

/** @throws MagnetoDBError if there is no name */
export function requiredTable(name: string | undefined): string {
  if (name !== undefined) return name
  throw validationError("The parameter 'TableName' is required but was not present in the request")
}
