import { below } from '../../support/at-once.ts'
import type { Json } from '../../support/http-client.ts'
import { equal, PUT, WRITTEN_TABLE, writtenKey } from '../written-item.ts'

const BATCH = 25
/** More than one process's limit of concurrent operations. */
const HOT_CONNECTIONS = 1_100
const STALL_MS_MAX_LARGE_BATCH = 450

/** A valid request that is expensive. */
export interface DearRequest {
  readonly name: string
  readonly path: string
  readonly body: string
  /** Default: 200. */
  readonly status?: number
  /** What the answer must contain. */
  readonly says?: string
  readonly connections?: number
  readonly p99MsMax?: number
}

function dear(name: string, path: string, body: Json, more: Partial<DearRequest> = {}) {
  return { name, path, body: JSON.stringify(body), ...more }
}

const TABLE = `tables/${WRITTEN_TABLE}`
const ADD_ONE = { count: { action: 'ADD', value: { N: '1' } } }
const LARGEST = writtenKey('large', 'list')
export const FILTERED_SCAN: DearRequest = dear('filtered scan', `${TABLE}/scan`, {
  scan_filter: { key: equal('x') },
})
/** The maximum number of conditions, all of them false. */
export const EXPRESSION_SCAN: DearRequest = dear(
  "filtered scan of DynamoDB's API",
  'dynamodb:Scan',
  {
    TableName: WRITTEN_TABLE,
    FilterExpression: Array(150).fill('#rank = :zero').join(' OR '),
    ExpressionAttributeNames: { '#rank': 'rank' },
    ExpressionAttributeValues: { ':zero': { N: '0' } },
  },
)
export const HOT_ITEM: DearRequest = dear(
  'hot item',
  `${TABLE}/update_item`,
  { key: writtenKey('hot', 'item'), attribute_updates: ADD_ONE },
  { connections: HOT_CONNECTIONS },
)
/** The most expensive valid request of each kind. */
export const DEAREST: readonly DearRequest[] = [
  dear('scan', `${TABLE}/scan`, {}),
  FILTERED_SCAN,
  EXPRESSION_SCAN,
  dear('query', `${TABLE}/query`, {
    ...{ key_conditions: { lane: equal('rows') }, attributes_to_get: ['key'] },
  }),
  dear('put of the largest item', PUT, {
    item: { ...LARGEST, list: { L: Array(130_000).fill({ N: '1' }) } },
  }),
  dear('update of the largest item', `${TABLE}/update_item`, {
    ...{ key: LARGEST, attribute_updates: ADD_ONE, return_values: 'ALL_NEW' },
  }),
  dear('batch get', 'batch_get_item', {
    request_items: {
      [WRITTEN_TABLE]: {
        keys: below(100).map((i) => writtenKey('rows', `key-${i}`)),
        attributes_to_get: ['key', 'rank'],
      },
    },
  }),
  dear(
    'batch write of large sets',
    'batch_write_item',
    {
      request_items: {
        [WRITTEN_TABLE]: below(BATCH).map((i) => ({
          put_request: { item: { ...writtenKey('large', `set-${i}`), set: longNumbers() } },
        })),
      },
    },
    { p99MsMax: STALL_MS_MAX_LARGE_BATCH },
  ),
]

function longNumbers(): Json {
  return { NS: below(9_000).map((i) => `${(i * 7_919) % 10_007}`.padStart(38, '1')) }
}
