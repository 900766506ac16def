import { TOTAL_SEGMENTS_MAX } from '../../../model/limits.ts'
import { type Steps, settled } from '../../../model/steps.ts'
import type { Scan } from '../../../operations/items/scan.ts'
import type { JsonObject } from '../../json-object.ts'
import type { WireRequest } from '../../wire.ts'
import { itemTable } from '../names.ts'
import {
  isFalsy,
  isNull,
  optionalLimit,
  refuseUnexpected,
  requireBody,
  requireInteger,
} from '../properties.ts'
import { decodeItem } from './item.ts'
import { decodeScanFilter } from './scan-filter.ts'
import { decodeSelection } from './select.ts'

const PROPERTIES = new Set([
  'scan_filter',
  'attributes_to_get',
  'select',
  'limit',
  'exclusive_start_key',
  'segment',
  'total_segments',
])

export function* decodeScan(request: WireRequest): Steps<Scan> {
  const body = yield* settled(requireBody(request))
  const selection = decodeSelection(body, 'ALL_ATTRIBUTES')
  const limit = optionalLimit(body.limit)
  const exclusiveStartKey = isNull(body.exclusive_start_key)
    ? undefined
    : yield* settled(decodeItem(body.exclusive_start_key, 'exclusive_start_key'))
  const filter = isFalsy(body.scan_filter) ? undefined : yield* decodeScanFilter(body.scan_filter)
  const segments = decodeSegments(body)
  refuseUnexpected(body, PROPERTIES, 'body')
  return {
    table: itemTable(request),
    consistentRead: false,
    ...segments,
    ...selection,
    ...(filter && { filter }),
    ...(limit && { limit }),
    ...(exclusiveStartKey && { exclusiveStartKey }),
  }
}

function decodeSegments({ segment = 0, total_segments = 1 }: JsonObject) {
  const totalSegments = requireInteger(total_segments, 'total_segments', 1, TOTAL_SEGMENTS_MAX)
  const number = requireInteger(segment, 'segment', 0, totalSegments - 1)
  return { segment: number, totalSegments }
}
