import type { DeleteItem } from '../../../operations/items/delete-item.ts'
import type { WireRequest } from '../../wire.ts'
import { itemTable } from '../names.ts'
import { isFalsy, refuseUnexpected, requireBody } from '../properties.ts'
import { decodeExpected } from './expected.ts'
import { decodeItem } from './item.ts'
import { decodeReturnValues } from './return-values.ts'

const PROPERTIES = new Set(['key', 'expected', 'return_values'])

export function decodeDeleteItem(request: WireRequest): DeleteItem {
  const body = requireBody(request)
  const condition = isFalsy(body.expected) ? undefined : decodeExpected(body.expected)
  const key = decodeItem(body.key, 'key')
  const returnValues = decodeReturnValues(body.return_values, ['ALL_OLD'])
  refuseUnexpected(body, PROPERTIES, 'body')
  return { table: itemTable(request), key, returnValues, ...(condition && { condition }) }
}
