import type { Json } from '../../support/http-client.ts'
import { PUT, WRITTEN_TABLE, writtenKey } from '../written-item.ts'

const BATCH = 25
/** More than one process's limit of concurrent operations. */
const HOT_CONNECTIONS = 1_100
const STALL_MS_MAX_LARGE_BATCH = 450

/** A valid request that is expensive. */
export interface DearRequest {
  readonly name: string
  readonly path: string
  readonly body: Json
  readonly connections?: number
  readonly p99MsMax?: number
}

export const equal = (text: string) => ({
  attribute_value_list: [{ S: text }],
  comparison_operator: 'EQ',
})
const TABLE = `tables/${WRITTEN_TABLE}`
const ADD_ONE = { count: { action: 'ADD', value: { N: '1' } } }
const LARGEST = writtenKey('large', 'list')
export const FILTERED_SCAN: DearRequest = {
  ...{ name: 'filtered scan', path: `${TABLE}/scan` },
  body: { scan_filter: { key: equal('x') } },
}
/** The maximum number of conditions, all of them false. */
export const EXPRESSION_SCAN: DearRequest = {
  ...{ name: "filtered scan of DynamoDB's API", path: 'dynamodb:Scan' },
  body: {
    TableName: WRITTEN_TABLE,
    FilterExpression: Array(150).fill('#rank = :zero').join(' OR '),
    ExpressionAttributeNames: { '#rank': 'rank' },
    ExpressionAttributeValues: { ':zero': { N: '0' } },
  },
}
export const HOT_ITEM: DearRequest = {
  ...{ name: 'hot item', path: `${TABLE}/update_item`, connections: HOT_CONNECTIONS },
  body: { key: writtenKey('hot', 'item'), attribute_updates: ADD_ONE },
}
/** The most expensive valid request of each kind. */
export const DEAREST: readonly DearRequest[] = [
  { name: 'scan', path: `${TABLE}/scan`, body: {} },
  FILTERED_SCAN,
  EXPRESSION_SCAN,
  {
    ...{ name: 'query', path: `${TABLE}/query` },
    body: { key_conditions: { lane: equal('rows') }, attributes_to_get: ['key'] },
  },
  {
    ...{ name: 'put of the largest item', path: PUT },
    body: { item: { ...LARGEST, list: { L: Array(130_000).fill({ N: '1' }) } } },
  },
  {
    ...{ name: 'update of the largest item', path: `${TABLE}/update_item` },
    body: { key: LARGEST, attribute_updates: ADD_ONE, return_values: 'ALL_NEW' },
  },
  {
    ...{ name: 'batch get', path: 'batch_get_item' },
    body: onTable({
      keys: Array.from({ length: 100 }, (_, i) => writtenKey('rows', `key-${i}`)),
      attributes_to_get: ['key', 'rank'],
    }),
  },
  {
    ...{ name: 'batch write of large sets', path: 'batch_write_item' },
    body: onTable(
      Array.from({ length: BATCH }, (_, i) => ({
        put_request: { item: { ...writtenKey('large', `set-${i}`), set: longNumbers() } },
      })),
    ),
    p99MsMax: STALL_MS_MAX_LARGE_BATCH,
  },
]

function onTable(asked: unknown): Json {
  return { request_items: { [WRITTEN_TABLE]: asked } }
}

function longNumbers(): Json {
  const number = (i: number) => `${(i * 7_919) % 10_007}`.padStart(38, '1')
  return { NS: Array.from({ length: 9_000 }, (_, i) => number(i)) }
}
