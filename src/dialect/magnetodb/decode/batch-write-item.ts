import { BATCH_WRITE_REQUESTS_MAX } from '../../../model/limits.ts'
import { mapInSteps, type Steps, settled } from '../../../model/steps.ts'
import type {
  BatchWriteItem,
  TableWrites,
  WriteRequest,
} from '../../../operations/batches/batch-write-item.ts'
import { validationError } from '../../invalid-request.ts'
import type { JsonObject } from '../../json-object.ts'
import type { WireRequest } from '../../wire.ts'
import { requireTableName } from '../names.ts'
import { refuseUnexpected, requireBody, requireObject, requireObjects } from '../properties.ts'
import { shortened } from '../shortened.ts'
import { decodeItemOfBatch } from './item.ts'

const PROPERTIES = new Set(['request_items'])
const PUT_PROPERTIES = new Set(['item'])
const DELETE_PROPERTIES = new Set(['key'])

export function* decodeBatchWriteItem(request: WireRequest): Steps<BatchWriteItem> {
  const body = yield* settled(requireBody(request))
  const tables = requireObject(body.request_items, 'request_items')
  refuseUnexpected(body, PROPERTIES, 'body')
  const requests: TableWrites[] = []
  let writeCount = 0
  for (const table of Object.keys(tables)) {
    requireTableName(table)
    const elements = requireObjects(tables[table], table)
    const writes = (yield* mapInSteps(elements, decodeWrites)).flat()
    writeCount += writes.length
    if (writeCount > BATCH_WRITE_REQUESTS_MAX) {
      throw validationError(`'request_items' holds more than ${BATCH_WRITE_REQUESTS_MAX} requests`)
    }
    if (writes.length > 0) requests.push({ table, writes })
  }
  if (writeCount === 0) throw validationError("'request_items' holds no requests")
  return { requests }
}

/** One element may contain both a put and a delete. */
function decodeWrites(element: JsonObject): Steps<readonly WriteRequest[]> {
  return mapInSteps(Object.keys(element), (kind) => decodeWrite(kind, element[kind]))
}

function* decodeWrite(kind: string, json: unknown): Steps<WriteRequest> {
  if (kind === 'put_request') {
    const { item } = requireWrite(json, kind, PUT_PROPERTIES)
    return { put: yield* decodeItemOfBatch(item, 'item') }
  }
  if (kind === 'delete_request') {
    const { key } = requireWrite(json, kind, DELETE_PROPERTIES)
    return { delete: yield* decodeItemOfBatch(key, 'key') }
  }
  throw validationError(`Unsupported request type found: ${shortened(kind)}`)
}

function requireWrite(json: unknown, kind: string, properties: ReadonlySet<string>): JsonObject {
  const write = requireObject(json, kind)
  for (const name of properties) requireObject(write[name], name)
  refuseUnexpected(write, properties, kind)
  return write
}
