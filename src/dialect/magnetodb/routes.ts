import { REQUEST_BODY_BYTES_MAX } from '../../model/limits.ts'
import type { Stepped } from '../../model/steps.ts'
import { batchGetItem } from '../../operations/batches/batch-get-item.ts'
import { batchWriteItem } from '../../operations/batches/batch-write-item.ts'
import { type BulkLoad, type BulkLoadResult, bulkLoad } from '../../operations/batches/bulk-load.ts'
import { deleteItem } from '../../operations/items/delete-item.ts'
import { getItem } from '../../operations/items/get-item.ts'
import { putItem } from '../../operations/items/put-item.ts'
import { query } from '../../operations/items/query.ts'
import { scan } from '../../operations/items/scan.ts'
import { updateItem } from '../../operations/items/update-item.ts'
import type { Operation } from '../../operations/operation.ts'
import { createTable } from '../../operations/tables/create-table.ts'
import { deleteTable } from '../../operations/tables/delete-table.ts'
import { describeTable } from '../../operations/tables/describe-table.ts'
import { listTables } from '../../operations/tables/list-tables.ts'
import type { Route, UploadRoute, WireRequest } from '../wire.ts'
import { decodeBulkLoad } from './bulk-load/decode.ts'
import { encodeBulkLoad } from './bulk-load/encode.ts'
import { decodeBatchGetItem } from './decode/batch-get-item.ts'
import { decodeBatchWriteItem } from './decode/batch-write-item.ts'
import { decodeCreateTable } from './decode/create-table.ts'
import { decodeDeleteItem } from './decode/delete-item.ts'
import { decodeGetItem } from './decode/get-item.ts'
import { decodeListTables } from './decode/list-tables.ts'
import { decodePathTable } from './decode/path-table.ts'
import { decodePutItem } from './decode/put-item.ts'
import { decodeQuery } from './decode/query.ts'
import { decodeScan } from './decode/scan.ts'
import { decodeUpdateItem } from './decode/update-item.ts'
import { encodeBatchGetItem } from './encode/batch-get-item.ts'
import { encodeBatchWriteItem } from './encode/batch-write-item.ts'
import { encodeAttributes, encodeFoundItem } from './encode/item.ts'
import { encodeTables } from './encode/list-tables.ts'
import { encodeQueryPage, encodeScanPage } from './encode/page.ts'
import { encodeCreatedTable, encodeDeletedTable, encodeTable } from './encode/table.ts'
import { DATA_PATH } from './paths.ts'

/** Enough for the largest item in any notation, with conditions. */
const BODY_BYTES_MAX = 4 * 1024 * 1024

/** Binds an operation to a path below `DATA_PATH`, a decoder and an encoder of its own types. */
function route<Command, Result>(
  method: Route['method'],
  path: string,
  operation: Operation<Command, Result>,
  decode: (request: WireRequest) => Stepped<Command>,
  encode: (result: Result, request: WireRequest) => Stepped<string>,
  bodyBytesMax = BODY_BYTES_MAX,
): Route {
  const body = method === 'POST' ? { bodyBytesMax } : {}
  const bound: Route<Command, Result> = {
    ...{ method, path: DATA_PATH + path },
    ...{ operation, ...body, decode, encode },
  }
  return bound
}

/** The data API. Other methods of these paths answer 405. */
export const V1_ROUTES: readonly Route[] = [
  route('POST', '/tables', createTable, decodeCreateTable, encodeCreatedTable),
  route('GET', '/tables', listTables, decodeListTables, encodeTables),
  route('GET', '/tables/:table_name', describeTable, decodePathTable, encodeTable),
  route('DELETE', '/tables/:table_name', deleteTable, decodePathTable, encodeDeletedTable),
  route('POST', '/tables/:table_name/put_item', putItem, decodePutItem, encodeAttributes),
  route('POST', '/tables/:table_name/get_item', getItem, decodeGetItem, encodeFoundItem),
  route('POST', '/tables/:table_name/update_item', updateItem, decodeUpdateItem, encodeAttributes),
  route('POST', '/tables/:table_name/delete_item', deleteItem, decodeDeleteItem, encodeAttributes),
  route('POST', '/tables/:table_name/query', query, decodeQuery, encodeQueryPage),
  route('POST', '/tables/:table_name/scan', scan, decodeScan, encodeScanPage),
  route('POST', '/batch_get_item', batchGetItem, decodeBatchGetItem, encodeBatchGetItem),
  route(
    'POST',
    '/batch_write_item',
    batchWriteItem,
    decodeBatchWriteItem,
    encodeBatchWriteItem,
    REQUEST_BODY_BYTES_MAX,
  ),
]

export const V1_BULK_LOAD: UploadRoute<BulkLoad, BulkLoadResult> = {
  method: 'POST',
  path: `${DATA_PATH}/tables/:table_name/bulk_load`,
  operation: bulkLoad,
  decode: decodeBulkLoad,
  encode: encodeBulkLoad,
}
