import type { OperationName } from '../../../src/operations/declarations.ts'

export interface SampleRequest {
  readonly operation: OperationName
  readonly method: 'DELETE' | 'GET' | 'POST'
  /** Below `/v1/data/:project_id`, perhaps with a query. */
  readonly path: string
  /** Sent as JSON; of a bulk load, a list that is sent as lines. */
  readonly body?: unknown
}

const KEY = { forum: { S: 'x' }, n: { N: '1.5' } }
const ITEM = {
  ...KEY,
  s: { SS: ['b', 'a'] },
  m: { SNM: { a: '1' } },
  l: { L: [{ M: { a: { B: 'YQ==' } } }, { NULL: true }, { BOOL: false }] },
}
const EQ = { comparison_operator: 'EQ', attribute_value_list: [{ S: 'x' }] }

const indexOn = (attribute: string, projection: object) => ({
  index_name: `by_${attribute}`,
  key_schema: [
    { attribute_name: 'forum', key_type: 'HASH' },
    { attribute_name: attribute, key_type: 'RANGE' },
  ],
  projection,
})

/** The table that most samples are about, with an index of each type and projection. */
export const SAMPLE_TABLE = {
  table_name: 'thread',
  attribute_definitions: Object.entries({
    forum: 'S',
    n: 'N',
    text: 'S',
    count: 'N',
    bytes: 'B',
  }).map(([attribute_name, attribute_type]) => ({ attribute_name, attribute_type })),
  key_schema: [
    { attribute_name: 'forum', key_type: 'HASH' },
    { attribute_name: 'n', key_type: 'RANGE' },
  ],
  local_secondary_indexes: [
    indexOn('text', { projection_type: 'ALL' }),
    indexOn('count', { projection_type: 'KEYS_ONLY' }),
    indexOn('bytes', { projection_type: 'INCLUDE', non_key_attributes: ['s', 'text'] }),
  ],
}

const onThread = (operation: OperationName, body: unknown): SampleRequest => ({
  operation,
  method: 'POST',
  path: `/tables/thread/${operation}`,
  body,
})

/** A valid request of each of v1's calls, for tests that do something to them. */
export const SAMPLE_REQUESTS: readonly SampleRequest[] = [
  {
    operation: 'create_table',
    method: 'POST',
    path: '/tables',
    body: { ...SAMPLE_TABLE, table_name: 'another' },
  },
  {
    operation: 'list_tables',
    method: 'GET',
    path: '/tables?limit=5&exclusive_start_table_name=abc',
  },
  { operation: 'describe_table', method: 'GET', path: '/tables/thread' },
  { operation: 'delete_table', method: 'DELETE', path: '/tables/another' },
  onThread('put_item', {
    item: ITEM,
    expected: { never: { exists: false } },
    return_values: 'ALL_OLD',
    time_to_live: 900,
  }),
  onThread('get_item', { key: KEY, attributes_to_get: ['s', 'm'], consistent_read: true }),
  onThread('update_item', {
    key: KEY,
    attribute_updates: { a: { action: 'ADD', value: { N: '1' } }, b: { action: 'DELETE' } },
    expected: { s: { value: { SS: ['a', 'b'] } } },
    return_values: 'UPDATED_NEW',
  }),
  onThread('delete_item', {
    key: KEY,
    expected: { a: { exists: true } },
    return_values: 'ALL_OLD',
  }),
  onThread('query', {
    key_conditions: {
      forum: EQ,
      count: { comparison_operator: 'GE', attribute_value_list: [{ N: '1' }] },
    },
    index_name: 'by_count',
    select: 'ALL_ATTRIBUTES',
    limit: 5,
    exclusive_start_key: { ...KEY, count: { N: '3' } },
    scan_index_forward: false,
  }),
  onThread('scan', {
    scan_filter: {
      s: { comparison_operator: 'CONTAINS', attribute_value_list: [{ S: 'a' }] },
      a: { comparison_operator: 'NULL' },
    },
    attributes_to_get: ['s'],
    segment: 1,
    total_segments: '4',
    exclusive_start_key: KEY,
  }),
  {
    operation: 'batch_get_item',
    method: 'POST',
    path: '/batch_get_item',
    body: { request_items: { thread: { keys: [KEY], attributes_to_get: ['s'] } } },
  },
  {
    operation: 'batch_write_item',
    method: 'POST',
    path: '/batch_write_item',
    body: {
      request_items: {
        thread: [
          { put_request: { item: ITEM } },
          { delete_request: { key: { ...KEY, n: { N: '2' } } } },
        ],
      },
    },
  },
  onThread('bulk_load', [ITEM, { ...ITEM, n: { N: '2' } }]),
]
