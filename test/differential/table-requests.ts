/** Requests about tables other than those with the compared items. */
import type { Chooser } from './chooser.ts'
import type { Request } from './requests.ts'
import { type Json, keySchema } from './tables.ts'

const NAMES = ['Other-1', 'Other-2', 'Other-3', 'Other-4']
/** Percentage of requests about a table that may not exist. */
const ANY_TABLE_PERCENT = 3
const TYPES = ['S', 'N', 'B']
const THROUGHPUT = { ReadCapacityUnits: 2, WriteCapacityUnits: 1 }

export class TableRequests {
  readonly #chooser: Chooser
  /** The tables that exist, and whether they may have throughput. */
  readonly #present = new Map<string, boolean>()

  constructor(chooser: Chooser) {
    this.#chooser = chooser
  }

  next(): Request {
    const c = this.#chooser
    return c.choose<Request>('table: operation', {
      CreateTable: [5, () => this.#create()],
      DescribeTable: [3, () => this.#request('DescribeTable')],
      UpdateTable: [4, () => this.#request('UpdateTable', updated(c))],
      DeleteTable: [4, () => this.#request('DeleteTable')],
      ListTables: [2, () => ({ operation: 'ListTables', body: listed(c) })],
    })
  }

  /** Must be called after each successful request. */
  succeeded({ operation, body }: Request): void {
    const name = String(body.TableName)
    const isBilled = operation === 'CreateTable' || body.BillingMode !== undefined
    if (isBilled) this.#present.set(name, body.BillingMode !== 'PAY_PER_REQUEST')
    if (operation === 'DeleteTable') this.#present.delete(name)
  }

  #create(): Request {
    const c = this.#chooser
    const absent = NAMES.filter((name) => !this.#present.has(name))
    const isAny = c.chance(ANY_TABLE_PERCENT)
    if (absent.length === 0 && !isAny) return this.#request('DescribeTable')
    const TableName = c.pick(isAny ? NAMES : absent)
    return { operation: 'CreateTable', body: { TableName, ...created(c) } }
  }

  #request(operation: string, members: Json = {}): Request {
    const c = this.#chooser
    const needsThroughput = 'ProvisionedThroughput' in members && !('BillingMode' in members)
    const present = [...this.#present]
      .filter(([, hasThroughput]) => hasThroughput || !needsThroughput)
      .map(([name]) => name)
    const isAny = c.chance(ANY_TABLE_PERCENT)
    if (present.length === 0 && !isAny) return this.#create()
    return { operation, body: { TableName: c.pick(isAny ? NAMES : present), ...members } }
  }
}

function created(c: Chooser): Json {
  const range = c.maybe('table: range key', 60, () => 'b')
  const indexes = range === undefined ? [] : c.times(0, 2, () => c.pick(['c', 'd']))
  const names = ['a', ...(range === undefined ? [] : [range]), ...new Set(indexes)]
  return {
    AttributeDefinitions: c
      .choose<string[]>('table: attribute definitions', {
        exact: [40, () => names],
        unused: () => [...names, 'e'],
        missing: () => names.slice(1),
      })
      .map((AttributeName) => ({ AttributeName, AttributeType: c.pick(TYPES) })),
    KeySchema: keySchema('a', range),
    ...(indexes.length > 0 && {
      LocalSecondaryIndexes: indexes.map((name, at) => ({
        IndexName: c.chance(4) ? 'index-0' : `index-${at}`,
        KeySchema: keySchema(c.chance(2) ? 'b' : 'a', name),
        Projection: projected(c),
      })),
    }),
    ...billing(c),
    ...c.maybe('table: deletion protection', 6, () => ({
      DeletionProtectionEnabled: c.chance(50),
    })),
  }
}

function projected(c: Chooser): Json {
  return c.choose<Json>('table: projection of an index', {
    all: [9, () => ({ ProjectionType: 'ALL' })],
    keys: [9, () => ({ ProjectionType: 'KEYS_ONLY' })],
    include: [
      14,
      () => ({ ProjectionType: 'INCLUDE', NonKeyAttributes: c.some(['x', 'y'], 1 + c.below(2)) }),
    ],
    'include nothing': [2, () => ({ ProjectionType: 'INCLUDE' })],
    'all and more': [2, () => ({ ProjectionType: 'ALL', NonKeyAttributes: ['x'] })],
  })
}

function billing(c: Chooser): Json {
  return c.choose<Json>('table: billing', {
    'per request': [12, () => ({ BillingMode: 'PAY_PER_REQUEST' })],
    provisioned: [3, () => ({ BillingMode: 'PROVISIONED', ProvisionedThroughput: THROUGHPUT })],
    'by default': [12, () => ({ ProvisionedThroughput: THROUGHPUT })],
    nothing: () => ({}),
    both: () => ({ BillingMode: 'PAY_PER_REQUEST', ProvisionedThroughput: THROUGHPUT }),
  })
}

function updated(c: Chooser): Json {
  return c.choose<Json>('table: update of a table', {
    billing: [1, () => billing(c)],
    throughput: [
      2,
      () => ({
        ProvisionedThroughput: { ReadCapacityUnits: 3 + c.below(30), WriteCapacityUnits: 3 },
      }),
    ],
    protection: [5, () => ({ DeletionProtectionEnabled: c.chance(30) })],
  })
}

function listed(c: Chooser): Json {
  return {
    ...c.maybe('table: limit of tables', 40, () => ({ Limit: 1 + c.below(4) })),
    ...c.maybe('table: first table', 40, () => ({ ExclusiveStartTableName: c.pick(NAMES) })),
  }
}
