import type { PutItem } from '../../../operations/items/put-item.ts'
import { itemTable } from '../names.ts'
import { optionalTimeToLive, refuseUnexpected, requireBody } from '../properties.ts'
import type { V1Request } from '../request.ts'
import { decodeExpected } from './expected.ts'
import { decodeItem } from './item.ts'
import { decodeReturnValues } from './return-values.ts'

const PROPERTIES = new Set(['item', 'expected', 'return_values', 'time_to_live'])

export function decodePutItem(request: V1Request): PutItem {
  const body = requireBody(request)
  const condition = body.expected === undefined ? undefined : decodeExpected(body.expected)
  const item = decodeItem(body.item, 'item')
  const returnValues = decodeReturnValues(body.return_values, ['ALL_OLD', 'ALL_NEW'])
  const timeToLiveSeconds = optionalTimeToLive(body.time_to_live)
  refuseUnexpected(body, PROPERTIES, 'body')
  return {
    table: itemTable(request),
    item,
    // The new item is what was sent: ALL_NEW is accepted, but nothing is sent back.
    returnValues: returnValues === 'ALL_OLD' ? 'ALL_OLD' : 'NONE',
    ...(condition && { condition, contradiction: 'refused' }),
    ...(timeToLiveSeconds !== undefined && { timeToLiveSeconds }),
  }
}
