import { BATCH_GET_KEYS_MAX } from '../../../model/limits.ts'
import { mapInSteps, type Steps, settled } from '../../../model/steps.ts'
import type { BatchGetItem, TableKeys } from '../../../operations/batches/batch-get-item.ts'
import { validationError } from '../../invalid-request.ts'
import type { WireRequest } from '../../wire.ts'
import { decodeUniqueAttributesToGet, requireTableName } from '../names.ts'
import {
  booleanOr,
  isNull,
  refuseUnexpected,
  requireBody,
  requireObject,
  requireObjects,
} from '../properties.ts'
import { decodeItemOfBatch } from './item.ts'

const PROPERTIES = new Set(['request_items'])
const TABLE_PROPERTIES = new Set(['keys', 'attributes_to_get', 'consistent_read'])

export function* decodeBatchGetItem(request: WireRequest): Steps<BatchGetItem> {
  const body = yield* settled(requireBody(request))
  const tables = requireObject(body.request_items, 'request_items')
  refuseUnexpected(body, PROPERTIES, 'body')
  const requests: TableKeys[] = []
  let keyCount = 0
  for (const table of Object.keys(tables)) {
    const asked = yield* decodeTableKeys(table, tables[table])
    keyCount += asked.keys.length
    if (keyCount > BATCH_GET_KEYS_MAX) {
      throw validationError(`'request_items' holds more than ${BATCH_GET_KEYS_MAX} keys`)
    }
    if (asked.keys.length > 0) requests.push(asked)
  }
  if (keyCount === 0) throw validationError("'request_items' holds no keys")
  return { requests }
}

function* decodeTableKeys(table: string, json: unknown): Steps<TableKeys> {
  requireTableName(table)
  const asked = requireObject(json, table)
  const consistentRead = booleanOr(asked.consistent_read, 'consistent_read', false)
  const paths = isNull(asked.attributes_to_get)
    ? undefined
    : decodeUniqueAttributesToGet(asked.attributes_to_get)
  const list = requireObjects(asked.keys, 'keys')
  refuseUnexpected(asked, TABLE_PROPERTIES, table)
  const keys = yield* mapInSteps(list, (key) => decodeItemOfBatch(key, 'keys'))
  return paths ? { table, keys, paths, consistentRead } : { table, keys, consistentRead }
}
