import { type Steps, settled } from '../../../model/steps.ts'
import type { DeleteItem } from '../../../operations/items/delete-item.ts'
import type { WireRequest } from '../../wire.ts'
import { itemTable } from '../names.ts'
import { isFalsy, refuseUnexpected, requireBody } from '../properties.ts'
import { decodeExpected } from './expected.ts'
import { decodeItem } from './item.ts'
import { decodeReturnValues } from './return-values.ts'

const PROPERTIES = new Set(['key', 'expected', 'return_values'])

export function* decodeDeleteItem(request: WireRequest): Steps<DeleteItem> {
  const body = yield* settled(requireBody(request))
  const condition = isFalsy(body.expected) ? undefined : yield* decodeExpected(body.expected)
  const key = yield* settled(decodeItem(body.key, 'key'))
  const returnValues = decodeReturnValues(body.return_values, ['ALL_OLD'])
  refuseUnexpected(body, PROPERTIES, 'body')
  return { table: itemTable(request), key, returnValues, ...(condition && { condition }) }
}
