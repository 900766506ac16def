import { ITEMS_PER_PARTITION, item, itemKey, PARTITIONS, partitionName } from '../items.ts'
import { type Call, magnetodbCall, magnetodbWire, TABLE } from '../wire.ts'

/** A kind of operation, measured separately. */
export interface Kind {
  readonly name: string
  readonly connections: number
  /** A text that its answers contain. */
  readonly shows: string
  /** Makes the request of a number. Each number is used once. */
  request(number: number): Call
  /** For requests that use up existing data: how to create it, and for how many requests while the
   * peak is measured. */
  readonly prepared?: {
    readonly peakRequests: number
    calls(first: number, count: number): readonly Call[]
  }
}

export const CONNECTIONS = 64
/** The limit of one process for concurrent bulk loads of a project. */
const LOAD_CONNECTIONS = 4
const INDEXED_TABLE = 'thread_by_time'
const INDEX = 'by_time'
const BATCH_ITEMS = 25
const LOAD_ITEMS = 100
const LOAD_PARTITIONS = 10
const TIME_TO_LIVE_SECONDS = 3_600
/** A number that has no common factor with the number of items. */
const LOADED_STRIDE = 617

export function kindsOf(projectId: string, token: string): Kind[] {
  const call = magnetodbCall(projectId, token)
  const wire = magnetodbWire(projectId, token)
  const onTable = (operation: string, body: object, table = TABLE) =>
    call(`/tables/${table}/${operation}`, body)
  const table = (method: 'GET' | 'DELETE', path: string): Call => ({
    ...call(`/tables${path}`, {}),
    method,
    body: '',
  })
  const kind = (
    name: string,
    request: Kind['request'],
    parts: Partial<Pick<Kind, 'connections' | 'shows' | 'prepared'>> = {},
  ): Kind => ({ name, connections: CONNECTIONS, shows: '{', ...parts, request })
  const query = (number: number) => JSON.parse(wire.query(partitionOf(number)).body)
  const counts100 = { shows: `"count":${ITEMS_PER_PARTITION}` }
  return [
    kind('get_item', (number) => wire.getItem(loadedKey(number)), { shows: '"item":{' }),
    kind('batch_get_item 25', (number) => call('/batch_get_item', batchGet(number)), {
      shows: '"unprocessed_keys":{}',
    }),
    kind('query 100', (number) => wire.query(partitionOf(number)), counts100),
    kind(
      'query 100, index',
      (number) => onTable('query', { ...query(number), index_name: INDEX }, INDEXED_TABLE),
      counts100,
    ),
    kind(
      'query 100, count',
      (number) => onTable('query', { ...query(number), select: 'COUNT' }),
      counts100,
    ),
    kind('scan 100', (number) =>
      onTable('scan', { limit: 100, exclusive_start_key: loadedKey(number) }),
    ),
    kind('put_item', (number) => wire.putItem(freshItem('put', number))),
    kind('put_item, expected', (number) =>
      onTable('put_item', {
        item: freshItem('expected', number),
        expected: { forum: { exists: false } },
      }),
    ),
    kind('put_item, time_to_live', (number) =>
      onTable('put_item', {
        item: freshItem('expiring', number),
        time_to_live: TIME_TO_LIVE_SECONDS,
      }),
    ),
    kind('put_item, index', (number) =>
      onTable('put_item', { item: freshItem('put', number) }, INDEXED_TABLE),
    ),
    kind('update_item, ADD', (number) => wire.addOne(loadedKey(number), 'views')),
    kind('update_item, time_to_live', (number) =>
      onTable('update_item', {
        ...JSON.parse(wire.addOne(itemKey(`updated-${number}`, number), 'views').body),
        time_to_live: TIME_TO_LIVE_SECONDS,
      }),
    ),
    kind(
      'delete_item',
      (number) => onTable('delete_item', { key: itemKey(`deleted-${number}`, number) }),
      { prepared: { peakRequests: 10_000, calls: (first, count) => [toBeDeleted(first, count)] } },
    ),
    kind('batch_write_item 25', (number) => call('/batch_write_item', batchWrite(number)), {
      shows: '"unprocessed_items":{}',
    }),
    kind(`bulk_load ${LOAD_ITEMS}`, (number) => load(loadItems(number)), {
      connections: LOAD_CONNECTIONS,
      shows: `"processed":${LOAD_ITEMS}`,
    }),
    kind('list_tables', () => table('GET', ''), { shows: '"tables":[' }),
    kind('describe_table', () => table('GET', `/${TABLE}`), { shows: '"table":{' }),
    kind('create_table', (number) => createTable(`created_${number}`)),
    kind('delete_table', (number) => table('DELETE', `/deleted_${number}`), {
      prepared: {
        peakRequests: 1_000,
        calls: (first, count) =>
          numbers(count).map((number) => createTable(`deleted_${first + number}`)),
      },
    }),
  ]

  function createTable(name: string): Call {
    const { body, ...rest } = wire.createTable()
    return { ...rest, body: JSON.stringify({ ...JSON.parse(body), table_name: name }) }
  }

  function load(items: readonly object[]): Call {
    const body = items.map((each) => `${JSON.stringify(each)}\n`).join('')
    return { ...onTable('bulk_load', {}), body }
  }

  function toBeDeleted(first: number, count: number): Call {
    return load(numbers(count).map((number) => freshItem('deleted', first + number)))
  }
}

export function indexedTable(projectId: string, token: string): { create: Call; load: Call[] } {
  const call = magnetodbCall(projectId, token)
  const plain = JSON.parse(magnetodbWire(projectId, token).createTable().body)
  const range = { attribute_name: 'posted', attribute_type: 'N' }
  const create = call('/tables', {
    ...plain,
    table_name: INDEXED_TABLE,
    attribute_definitions: [...plain.attribute_definitions, range],
    local_secondary_indexes: [
      {
        index_name: INDEX,
        key_schema: [
          { attribute_name: 'forum', key_type: 'HASH' },
          { attribute_name: 'posted', key_type: 'RANGE' },
        ],
        projection: { projection_type: 'ALL' },
      },
    ],
  })
  const load = numbers(PARTITIONS * ITEMS_PER_PARTITION).map((number) =>
    call(`/tables/${INDEXED_TABLE}/put_item`, {
      item: item(partitionOf(number), Math.floor(number / PARTITIONS)),
    }),
  )
  return { create, load }
}

function partitionOf(number: number): string {
  return partitionName(number % PARTITIONS)
}

/** One of the loaded items. Consecutive numbers give distant items, and each item is used once
 * before any repeats. */
function loadedKey(number: number) {
  const place = (number * LOADED_STRIDE) % (PARTITIONS * ITEMS_PER_PARTITION)
  return itemKey(partitionOf(place), Math.floor(place / PARTITIONS))
}

/** An item in a new partition. */
function freshItem(partition: string, number: number) {
  return item(`${partition}-${number}`, number)
}

function batchGet(number: number): object {
  const keys = numbers(BATCH_ITEMS).map((index) => loadedKey(number * BATCH_ITEMS + index))
  return { request_items: { [TABLE]: { keys } } }
}

function batchWrite(number: number): object {
  const puts = numbers(BATCH_ITEMS).map((index) => ({
    put_request: { item: freshItem('batch', number * BATCH_ITEMS + index) },
  }))
  return { request_items: { [TABLE]: puts } }
}

function loadItems(number: number): object[] {
  return numbers(LOAD_ITEMS).map((index) =>
    item(`load-${number}-${index % LOAD_PARTITIONS}`, index),
  )
}

function numbers(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index)
}
