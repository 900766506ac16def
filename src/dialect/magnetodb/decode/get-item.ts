import type { Steps } from '../../../model/steps.ts'
import type { GetItem } from '../../../operations/items/get-item.ts'
import type { WireRequest } from '../../wire.ts'
import { decodeUniqueAttributesToGet, itemTable } from '../names.ts'
import {
  booleanOr,
  isFalsy,
  refuseUnexpected,
  requireBody,
  requireObject,
  smallBody,
} from '../properties.ts'
import { decodeItem, decodePlainItem } from './item.ts'

const PROPERTIES = new Set(['key', 'attributes_to_get', 'consistent_read'])

export function* decodeGetItem(request: WireRequest): Steps<GetItem> {
  const body = smallBody(request) ?? (yield* requireBody(request))
  const attributes = isFalsy(body.attributes_to_get)
    ? undefined
    : decodeUniqueAttributesToGet(body.attributes_to_get)
  requireObject(body.key, 'key')
  const consistentRead = booleanOr(body.consistent_read, 'consistent_read', false)
  refuseUnexpected(body, PROPERTIES, 'body')
  const key = decodePlainItem(body.key, 'key') ?? (yield* decodeItem(body.key, 'key'))
  const table = itemTable(request)
  return attributes ? { table, key, attributes, consistentRead } : { table, key, consistentRead }
}
