import { andThen, type Stepped } from '../../../model/steps.ts'
import type { GetItem } from '../../../operations/items/get-item.ts'
import type { WireRequest } from '../../wire.ts'
import { decodeUniqueAttributesToGet, itemTable } from '../names.ts'
import { booleanOr, isFalsy, refuseUnexpected, requireBody, requireObject } from '../properties.ts'
import { decodeItem } from './item.ts'

const PROPERTIES = new Set(['key', 'attributes_to_get', 'consistent_read'])

export function decodeGetItem(request: WireRequest): Stepped<GetItem> {
  return andThen(requireBody(request), (body) => {
    const paths = isFalsy(body.attributes_to_get)
      ? undefined
      : decodeUniqueAttributesToGet(body.attributes_to_get)
    requireObject(body.key, 'key')
    const consistentRead = booleanOr(body.consistent_read, 'consistent_read', false)
    refuseUnexpected(body, PROPERTIES, 'body')
    return andThen(decodeItem(body.key, 'key'), (key) => {
      const table = itemTable(request)
      return paths ? { table, key, paths, consistentRead } : { table, key, consistentRead }
    })
  })
}
