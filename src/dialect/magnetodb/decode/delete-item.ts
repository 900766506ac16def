import type { Steps } from '../../../model/steps.ts'
import type { DeleteItem } from '../../../operations/items/delete-item.ts'
import type { WireRequest } from '../../wire.ts'
import { itemTable } from '../names.ts'
import { isFalsy, refuseUnexpected, requireBody, smallBody } from '../properties.ts'
import { decodeExpected } from './expected.ts'
import { decodeItem, decodePlainItem } from './item.ts'
import { decodeReturnValues } from './return-values.ts'

const PROPERTIES = new Set(['key', 'expected', 'return_values'])

export function* decodeDeleteItem(request: WireRequest): Steps<DeleteItem> {
  const body = smallBody(request) ?? (yield* requireBody(request))
  const condition = isFalsy(body.expected) ? undefined : yield* decodeExpected(body.expected)
  const key = decodePlainItem(body.key, 'key') ?? (yield* decodeItem(body.key, 'key'))
  const returnValues = decodeReturnValues(body.return_values, ['ALL_OLD'])
  refuseUnexpected(body, PROPERTIES, 'body')
  return { table: itemTable(request), key, returnValues, ...(condition && { condition }) }
}
