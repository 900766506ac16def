/** Requests about tables other than those whose items are compared. */
import type { Chooser } from './chooser.ts'
import type { Request } from './requests.ts'
import { type Json, keySchema } from './tables.ts'

const NAMES = ['Other-1', 'Other-2', 'Other-3', 'Other-4']
const TYPES = ['S', 'N', 'B']
const THROUGHPUT = { ReadCapacityUnits: 2, WriteCapacityUnits: 1 }

export class TableRequests {
  readonly #chooser: Chooser
  /** The tables that are there. */
  readonly #present = new Set<string>()

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

  /** To be told of each request that was carried out. */
  succeeded({ operation, body }: Request): void {
    if (operation === 'CreateTable') this.#present.add(String(body.TableName))
    if (operation === 'DeleteTable') this.#present.delete(String(body.TableName))
  }

  #create(): Request {
    const absent = NAMES.filter((name) => !this.#present.has(name))
    const isNew = absent.length > 0 && this.#chooser.chance(97)
    const TableName = this.#chooser.pick(isNew ? absent : NAMES)
    return { operation: 'CreateTable', body: { TableName, ...created(this.#chooser) } }
  }

  #request(operation: string, members: Json = {}): Request {
    const c = this.#chooser
    const present = [...this.#present]
    const TableName = c.pick(present.length > 0 && c.chance(95) ? present : NAMES)
    return { operation, body: { TableName, ...members } }
  }
}

function created(c: Chooser): Json {
  const range = c.maybe('table: range key', 60, () => 'b')
  const indexes = range === undefined ? [] : c.times(0, 2, () => c.pick(['c', 'd']))
  const names = ['a', ...(range === undefined ? [] : [range]), ...new Set(indexes)]
  return {
    AttributeDefinitions: c
      .choose<string[]>('table: attribute definitions', {
        exact: [30, () => names],
        unused: () => [...names, 'e'],
        missing: () => names.slice(1),
      })
      .map((AttributeName) => ({ AttributeName, AttributeType: c.pick(TYPES) })),
    KeySchema: keySchema('a', range),
    ...(indexes.length > 0 && {
      LocalSecondaryIndexes: indexes.map((name, at) => ({
        IndexName: c.chance(4) ? 'index-0' : `index-${at}`,
        KeySchema: keySchema(c.chance(4) ? 'b' : 'a', name),
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
    'include nothing': () => ({ ProjectionType: 'INCLUDE' }),
    'all and more': () => ({ ProjectionType: 'ALL', NonKeyAttributes: ['x'] }),
  })
}

function billing(c: Chooser): Json {
  return c.choose<Json>('table: billing', {
    'per request': [12, () => ({ BillingMode: 'PAY_PER_REQUEST' })],
    provisioned: [9, () => ({ BillingMode: 'PROVISIONED', ProvisionedThroughput: THROUGHPUT })],
    'by default': [6, () => ({ ProvisionedThroughput: THROUGHPUT })],
    nothing: () => ({}),
    both: () => ({ BillingMode: 'PAY_PER_REQUEST', ProvisionedThroughput: THROUGHPUT }),
  })
}

function updated(c: Chooser): Json {
  return c.choose<Json>('table: update of a table', {
    billing: [3, () => billing(c)],
    throughput: () => ({
      ProvisionedThroughput: { ReadCapacityUnits: 1 + c.below(3), WriteCapacityUnits: 3 },
    }),
    protection: [2, () => ({ DeletionProtectionEnabled: c.chance(30) })],
  })
}

function listed(c: Chooser): Json {
  return {
    ...c.maybe('table: limit of tables', 40, () => ({ Limit: 1 + c.below(4) })),
    ...c.maybe('table: first table', 40, () => ({ ExclusiveStartTableName: c.pick(NAMES) })),
  }
}
