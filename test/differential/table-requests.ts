/** Requests about tables other than those with the compared items. */
import type { Chooser } from './chooser.ts'
import type { Request } from './requests.ts'
import { type Json, keySchema } from './tables.ts'

const NAMES = ['Other-1', 'Other-2', 'Other-3', 'Other-4']
/** Percentage of requests about a table that may not exist. */
const ANY_TABLE_PERCENT = 1
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
      DescribeTable: [2, () => this.#request('DescribeTable')],
      UpdateTable: [4, () => this.#request('UpdateTable', updated(c))],
      DeleteTable: [5, () => this.#request('DeleteTable')],
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
        exact: [35, () => names],
        unused: [2, () => [...names, 'e']],
        missing: [2, () => names.slice(1)],
      })
      .map((AttributeName) => ({ AttributeName, AttributeType: c.pick(TYPES) })),
    KeySchema: keySchema('a', range),
    ...(indexes.length > 0 && {
      LocalSecondaryIndexes: indexes.map((name, at) => ({
        IndexName: c.chance(1) ? 'index-0' : `index-${at}`,
        KeySchema: keySchema(c.chance(1) ? 'b' : 'a', name),
        Projection: projected(c),
      })),
    }),
    ...billing(c),
    ...c.maybe('table: deletion protection', 8, () => ({
      DeletionProtectionEnabled: c.chance(50),
    })),
  }
}

function projected(c: Chooser): Json {
  return c.choose<Json>('table: projection of an index', {
    all: [6, () => ({ ProjectionType: 'ALL' })],
    keys: [6, () => ({ ProjectionType: 'KEYS_ONLY' })],
    include: [
      8,
      () => ({ ProjectionType: 'INCLUDE', NonKeyAttributes: c.some(['x', 'y'], 1 + c.below(2)) }),
    ],
    'include nothing': [2, () => ({ ProjectionType: 'INCLUDE' })],
    'all and more': [2, () => ({ ProjectionType: 'ALL', NonKeyAttributes: ['x'] })],
  })
}

function billing(c: Chooser): Json {
  return c.choose<Json>('table: billing', {
    'per request': [16, () => ({ BillingMode: 'PAY_PER_REQUEST' })],
    provisioned: [4, () => ({ BillingMode: 'PROVISIONED', ProvisionedThroughput: THROUGHPUT })],
    'by default': [14, () => ({ ProvisionedThroughput: THROUGHPUT })],
    nothing: [2, () => ({})],
    both: [2, () => ({ BillingMode: 'PAY_PER_REQUEST', ProvisionedThroughput: THROUGHPUT })],
  })
}

/** Mostly other than a table has. */
function otherThroughput(c: Chooser): Json {
  return { ReadCapacityUnits: 2 + c.below(12), WriteCapacityUnits: 1 }
}

function updated(c: Chooser): Json {
  return c.choose<Json>('table: update of a table', {
    'billing per request': () => ({ BillingMode: 'PAY_PER_REQUEST' }),
    'billing provisioned': () => ({
      BillingMode: 'PROVISIONED',
      ProvisionedThroughput: otherThroughput(c),
    }),
    throughput: [2, () => ({ ProvisionedThroughput: otherThroughput(c) })],
    protection: [5, () => ({ DeletionProtectionEnabled: c.chance(30) })],
  })
}

function listed(c: Chooser): Json {
  return {
    ...c.maybe('table: limit of tables', 40, () => ({ Limit: 1 + c.below(4) })),
    ...c.maybe('table: first table', 40, () => ({ ExclusiveStartTableName: c.pick(NAMES) })),
  }
}
