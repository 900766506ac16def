import { type Steps, settled } from '../../../model/steps.ts'
import type { Query } from '../../../operations/items/query.ts'
import type { WireRequest } from '../../wire.ts'
import { itemTable, requireIndexName } from '../names.ts'
import {
  booleanOr,
  isNull,
  optionalLimit,
  refuseUnexpected,
  requireBody,
  requireBoolean,
} from '../properties.ts'
import { decodeItem } from './item.ts'
import { decodeKeyConditions } from './key-conditions.ts'
import { decodeSelection } from './select.ts'

const PROPERTIES = new Set([
  'key_conditions',
  'index_name',
  'attributes_to_get',
  'select',
  'limit',
  'consistent_read',
  'scan_index_forward',
  'exclusive_start_key',
])

export function* decodeQuery(request: WireRequest): Steps<Query> {
  const body = yield* settled(requireBody(request))
  const index = isNull(body.index_name) ? undefined : requireIndexName(body.index_name)
  const selection = decodeSelection(body, index ? 'ALL_PROJECTED_ATTRIBUTES' : 'ALL_ATTRIBUTES')
  const exclusiveStartKey = isNull(body.exclusive_start_key)
    ? undefined
    : yield* settled(decodeItem(body.exclusive_start_key, 'exclusive_start_key'))
  const keyConditions = yield* decodeKeyConditions(body.key_conditions)
  const consistentRead = booleanOr(body.consistent_read, 'consistent_read', false)
  const limit = optionalLimit(body.limit)
  const forward =
    isNull(body.scan_index_forward) || requireBoolean(body.scan_index_forward, 'scan_index_forward')
  refuseUnexpected(body, PROPERTIES, 'body')
  return {
    table: itemTable(request),
    keyConditions,
    consistentRead,
    forward,
    ...selection,
    ...(index && { index }),
    ...(limit && { limit }),
    ...(exclusiveStartKey && { exclusiveStartKey }),
  }
}
