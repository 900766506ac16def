import { REQUEST_BODY_BYTES_MAX } from '../../model/limits.ts'
import type { Stepped } from '../../model/steps.ts'
import { batchGetItem } from '../../operations/batches/batch-get-item.ts'
import { batchWriteItem } from '../../operations/batches/batch-write-item.ts'
import { deleteItem } from '../../operations/items/delete-item.ts'
import { getItem } from '../../operations/items/get-item.ts'
import { putItem } from '../../operations/items/put-item.ts'
import { query } from '../../operations/items/query.ts'
import { scan } from '../../operations/items/scan.ts'
import { updateItem } from '../../operations/items/update-item.ts'
import type { Operation } from '../../operations/operation.ts'
import { createTable } from '../../operations/tables/create-table.ts'
import { deleteTable } from '../../operations/tables/delete-table.ts'
import { describeEndpoints, describeLimits } from '../../operations/tables/describe-service.ts'
import { describeTable } from '../../operations/tables/describe-table.ts'
import { describeTimeToLive } from '../../operations/tables/describe-time-to-live.ts'
import { listTables } from '../../operations/tables/list-tables.ts'
import { listTagsOfResource } from '../../operations/tables/list-tags.ts'
import { tagResource } from '../../operations/tables/tag-resource.ts'
import { untagResource } from '../../operations/tables/untag-resource.ts'
import { updateTable } from '../../operations/tables/update-table.ts'
import { updateTimeToLive } from '../../operations/tables/update-time-to-live.ts'
import type { Binding, WireRequest } from '../wire.ts'
import { decodeBatchGetItem } from './decode/batch-get-item.ts'
import { decodeBatchWriteItem } from './decode/batch-write-item.ts'
import { decodeDeleteItem } from './decode/delete-item.ts'
import { decodeGetItem } from './decode/get-item.ts'
import { decodePutItem } from './decode/put-item.ts'
import { decodeQuery } from './decode/query.ts'
import { decodeScan } from './decode/scan.ts'
import { decodeCreateTable } from './decode/tables/create-table.ts'
import { decodeDeleteTable } from './decode/tables/delete-table.ts'
import { decodeListTables } from './decode/tables/list-tables.ts'
import { decodeNamedTable } from './decode/tables/named-table.ts'
import { decodeNothing } from './decode/tables/nothing.ts'
import { decodeListTags, decodeTagResource, decodeUntagResource } from './decode/tables/tags.ts'
import { decodeUpdateTimeToLive } from './decode/tables/time-to-live.ts'
import { decodeUpdateTable } from './decode/tables/update-table.ts'
import { decodeUpdateItem } from './decode/update-item.ts'
import { encodeBatchGetItem, encodeBatchWriteItem } from './encode/batches.ts'
import { encodeFoundItem, encodePage } from './encode/items.ts'
import { encodeEndpoints, encodeLimits, encodeTags } from './encode/service.ts'
import { TableEncoder } from './encode/table.ts'
import { encodeTableNames } from './encode/table-names.ts'
import { encodeTimeToLive, encodeTimeToLiveUpdate } from './encode/time-to-live.ts'
import { encodeKeyedWrite, encodePut } from './encode/write.ts'
import { Templates } from './expression/templates.ts'
import {
  batchRefusal,
  deleteRefusal,
  keyRefusal,
  putRefusal,
  resourceRefusal,
  tableRefusal,
  updateRefusal,
} from './operation-refusals.ts'

const TARGET_PREFIX = 'DynamoDB_20120810.'

type Decode<Command> = (request: WireRequest, templates: Templates) => Stepped<Command>
type Targets = readonly (readonly [name: string, binding: Binding])[]

/** The bindings by `X-Amz-Target`, such as `DynamoDB_20120810.GetItem`. */
export function targets(region: string): ReadonlyMap<string, Binding> {
  const all = [...tableTargets(new TableEncoder(region)), ...itemTargets(new Templates())]
  return new Map(all.map(([name, binding]) => [TARGET_PREFIX + name, binding]))
}

/** Methods and paths of the operations, for the sample policy file. */
export function targetRoutes() {
  return Array.from(targets(''), ([target, { operation }]) => ({
    ...{ method: 'POST', path: `/ (${target})`, operation },
  }))
}

/** Binds an operation to a decoder and an encoder of its own types. */
function bind<Command, Result>(
  operation: Operation<NoInfer<Command>, Result>,
  decode: (request: WireRequest) => Stepped<Command>,
  encode: Binding<NoInfer<Command>, Result>['encode'],
  refusal?: Binding<NoInfer<Command>, Result>['refusal'],
): Binding {
  const bound: Binding<Command, Result> = {
    ...{ operation, decode, encode, bodyBytesMax: REQUEST_BODY_BYTES_MAX },
    ...(refusal && { refusal }),
  }
  return bound as Binding
}

function tableTargets(tables: TableEncoder): Targets {
  const nothing = () => ''
  return [
    ['CreateTable', bind(createTable, decodeCreateTable, tables.created)],
    ['DescribeTable', bind(describeTable, decodeNamedTable, tables.described, tableRefusal)],
    ['ListTables', bind(listTables, decodeListTables, encodeTableNames)],
    ['UpdateTable', bind(updateTable, decodeUpdateTable, tables.updated, tableRefusal)],
    ['DeleteTable', bind(deleteTable, decodeDeleteTable, tables.deleted, tableRefusal)],
    [
      'UpdateTimeToLive',
      bind(updateTimeToLive, decodeUpdateTimeToLive, encodeTimeToLiveUpdate, tableRefusal),
    ],
    [
      'DescribeTimeToLive',
      bind(describeTimeToLive, decodeNamedTable, encodeTimeToLive, tableRefusal),
    ],
    ['TagResource', bind(tagResource, decodeTagResource, nothing, resourceRefusal)],
    ['UntagResource', bind(untagResource, decodeUntagResource, nothing, resourceRefusal)],
    ['ListTagsOfResource', bind(listTagsOfResource, decodeListTags, encodeTags, resourceRefusal)],
    ['DescribeLimits', bind(describeLimits, decodeNothing, encodeLimits)],
    ['DescribeEndpoints', bind(describeEndpoints, decodeNothing, encodeEndpoints)],
  ]
}

/** Operations whose decoders read expressions. */
function itemTargets(templates: Templates): Targets {
  const reading =
    <Command>(decode: Decode<Command>) =>
    (request: WireRequest) =>
      decode(request, templates)
  return [
    ['PutItem', bind(putItem, reading(decodePutItem), encodePut, putRefusal)],
    ['UpdateItem', bind(updateItem, reading(decodeUpdateItem), encodeKeyedWrite, updateRefusal)],
    ['DeleteItem', bind(deleteItem, reading(decodeDeleteItem), encodeKeyedWrite, deleteRefusal)],
    ['GetItem', bind(getItem, reading(decodeGetItem), encodeFoundItem, keyRefusal)],
    ['Query', bind(query, reading(decodeQuery), encodePage)],
    ['Scan', bind(scan, reading(decodeScan), encodePage)],
    [
      'BatchGetItem',
      bind(batchGetItem, reading(decodeBatchGetItem), encodeBatchGetItem, batchRefusal),
    ],
    [
      'BatchWriteItem',
      bind(batchWriteItem, decodeBatchWriteItem, encodeBatchWriteItem, batchRefusal),
    ],
  ]
}
