/**
 * Requests of which nearly all pass the decoders, so that their contents reach the engine and the
 * storage: values at every limit, keys of other tables, conditions of all kinds.
 */
import type { ScalarType } from '../../../src/model/attribute-value.ts'
import type { OperationName } from '../../../src/operations/declarations.ts'
import type { Seeded } from '../../seeded.ts'
import { nearScalar, nearValue } from './near-values.ts'
import { SAMPLE_TABLE, type SampleRequest } from './sample-requests.ts'
import { HOSTILE_NAMES, SCALAR_TYPES } from './values.ts'

type Json = Readonly<Record<string, unknown>>
type Attribute = readonly [name: string, type: ScalarType]

interface NearTable {
  readonly name: string
  /** Attributes of its key, and of the ranges of its indexes. */
  readonly key: readonly Attribute[]
  readonly indexed: readonly Attribute[]
}

type Types = Readonly<Record<string, ScalarType>>

function nearTable(name: string, key: Types, indexed: Types): NearTable {
  return { name, key: Object.entries(key), indexed: Object.entries(indexed) }
}

const THREAD = nearTable(
  SAMPLE_TABLE.table_name,
  { forum: 'S', n: 'N' },
  { text: 'S', count: 'N', bytes: 'B' },
)
const TABLES: readonly NearTable[] = [
  THREAD,
  nearTable('__proto__', { constructor: 'N', bytes: 'B' } as const, { toString: 'S' } as const),
  nearTable('bin', { valueOf: 'B' } as const, {}),
]
/** Tables that are created and deleted all the time, and mostly do not exist. */
const PASSING_TABLES = ['another', 'a.-_', 'x'.repeat(255)]

/** Bodies of CreateTable for the tables that these requests use. */
export const NEAR_TABLES: readonly Json[] = [SAMPLE_TABLE, ...TABLES.slice(1).map(tableBody)]

export function nearRequest(random: Seeded): SampleRequest {
  const table = random.below(4) ? THREAD : random.pick(TABLES)
  const operation = random.pick(OPERATIONS)
  const get = { operation, method: 'GET' } as const
  const post = { operation, method: 'POST' } as const
  const body = () => BODIES[operation]?.(table, random)
  switch (operation) {
    case 'create_table':
      return { ...post, path: '/tables', body: newTable(random) }
    case 'list_tables':
      return { ...get, path: `/tables${listQuery(random)}` }
    case 'describe_table':
      return { ...get, path: `/tables/${anyTable(random)}` }
    case 'delete_table':
      return { operation, method: 'DELETE', path: `/tables/${random.pick(PASSING_TABLES)}` }
    case 'batch_get_item':
    case 'batch_write_item':
      return { ...post, path: `/${operation}`, body: { request_items: batch(operation, random) } }
    default: {
      const name = random.below(30) ? table.name : anyTable(random)
      const isTold = operation === 'bulk_load' && random.below(2) === 1
      const query = isTold ? '?progress=true' : ''
      return { ...post, path: `/tables/${name}/${operation}${query}`, body: body() }
    }
  }
}

const OPERATIONS: readonly OperationName[] = [
  ...(['create_table', 'list_tables', 'describe_table', 'delete_table'] as const),
  ...(['put_item', 'put_item', 'get_item', 'update_item', 'update_item', 'delete_item'] as const),
  ...(['query', 'query', 'scan', 'batch_get_item', 'batch_write_item', 'bulk_load'] as const),
]

const BODIES: Partial<Record<OperationName, (table: NearTable, random: Seeded) => unknown>> = {
  put_item: (table, random) => ({
    item: item(table, random),
    ...expectation(table, random),
    ...sometimes(random, () => ({ return_values: random.pick(['NONE', 'ALL_OLD']) })),
    ...sometimes(random, () => ({ time_to_live: random.pick([0, 1, '900', 3162240000]) })),
  }),
  get_item: (table, random) => ({
    key: key(table, random),
    ...names(table, random),
    ...consistent(random),
  }),
  update_item: update,
  delete_item: (table, random) => ({
    key: key(table, random),
    ...expectation(table, random),
    ...sometimes(random, () => ({ return_values: 'ALL_OLD' })),
  }),
  query,
  scan,
  bulk_load: (table, random) =>
    Array.from({ length: 1 + random.below(20) }, () => item(table, random)),
}

function update(table: NearTable, random: Seeded): Json {
  const updates = attributeNames(table, random).map((name) => {
    const action = random.pick(['PUT', 'ADD', 'DELETE'])
    if (action === 'DELETE' && random.below(2)) return [name, { action }]
    const isAdded = action === 'ADD' && random.below(8)
    return [name, { action, value: isAdded ? addend(random) : fittingValue(name, random) }]
  })
  const returned = ['NONE', 'ALL_OLD', 'ALL_NEW', 'UPDATED_OLD', 'UPDATED_NEW']
  return {
    key: key(table, random),
    attribute_updates: Object.fromEntries(updates),
    ...expectation(table, random),
    return_values: random.pick(returned),
    ...sometimes(random, () => ({ time_to_live: random.pick([0, 1, 900]) })),
  }
}

function addend(random: Seeded): unknown {
  return random.pick([{ N: '1' }, { N: '-1e125' }, { SS: ['a', 'c', 'a'] }, { NS: ['1', '1.0'] }])
}

function query(table: NearTable, random: Seeded): Json {
  const [hash = ['', 'S'], range] = table.key
  const index = table.indexed.length > 0 && random.below(2) ? random.pick(table.indexed) : undefined
  const sorted = index ?? range
  const conditions = [[hash[0], comparison('EQ', hash[1], random)]]
  if (sorted && random.below(2)) {
    conditions.push([sorted[0], comparison(random.pick(KEY_OPERATORS), sorted[1], random)])
  }
  return {
    key_conditions: Object.fromEntries(conditions),
    ...(index && { index_name: random.below(20) ? `by_${index[0]}` : 'by_nobody' }),
    ...selection(table, random),
    ...paging(table, index, random),
    ...consistent(random),
    ...sometimes(random, () => ({ scan_index_forward: random.below(2) === 1 })),
  }
}

function scan(table: NearTable, random: Seeded): Json {
  const total = random.pick([1, 2, 3, 4096])
  const filter = attributeNames(table, random).map((name) => {
    const operator = random.pick(FILTER_OPERATORS)
    return [name, comparison(operator, random.pick(SCALAR_TYPES), random)]
  })
  return {
    ...sometimes(random, () => ({ scan_filter: Object.fromEntries(filter) })),
    ...selection(table, random),
    ...paging(table, undefined, random),
    ...sometimes(random, () => ({ segment: random.below(total), total_segments: total })),
  }
}

function batch(operation: OperationName, random: Seeded): Json {
  const tables = TABLES.filter(() => random.below(3) === 0)
  const asked = tables.length > 0 ? tables : TABLES.slice(0, 1)
  const counted = asked.map((table) => {
    const length = 1 + random.below(3)
    if (operation === 'batch_get_item') {
      const keys = Array.from({ length }, () => key(table, random))
      return [table.name, { keys, ...names(table, random), ...consistent(random) }]
    }
    const writes = Array.from({ length }, () =>
      random.below(2)
        ? { put_request: { item: item(table, random) } }
        : { delete_request: { key: key(table, random) } },
    )
    return [table.name, writes]
  })
  return Object.fromEntries(counted)
}

const KEY_OPERATORS = ['EQ', 'LT', 'LE', 'GT', 'GE', 'BEGINS_WITH', 'BETWEEN']
const MORE_OPERATORS = ['NE', 'IN', 'CONTAINS', 'NOT_CONTAINS', 'NULL', 'NOT_NULL']
const FILTER_OPERATORS = [...KEY_OPERATORS, ...MORE_OPERATORS]

function comparison(operator: string, type: ScalarType, random: Seeded): Json {
  const operands = operator === 'BETWEEN' ? 2 : operator === 'IN' ? 1 + random.below(100) : 1
  const length = operator.endsWith('NULL') ? 0 : operands
  const list = Array.from({ length }, () => nearScalar(type, random))
  return { comparison_operator: operator, ...(length > 0 && { attribute_value_list: list }) }
}

function selection(table: NearTable, random: Seeded): Json {
  return random.pick([
    () => ({ select: 'COUNT' }),
    () => ({ select: random.pick(['ALL_ATTRIBUTES', 'ALL_PROJECTED_ATTRIBUTES']) }),
    () => names(table, random),
    () => ({}),
  ])()
}

/** A start key of this table and index, or of others. */
function paging(table: NearTable, index: Attribute | undefined, random: Seeded): Json {
  const from = random.below(10) ? table : random.pick(TABLES)
  const indexed = index && random.below(10) ? { [index[0]]: nearScalar(index[1], random) } : {}
  return {
    ...sometimes(random, () => ({ exclusive_start_key: { ...key(from, random), ...indexed } })),
    ...sometimes(random, () => ({ limit: random.pick([0, 1, 2, '5', 10_001, 2 ** 53 - 1]) })),
  }
}

function expectation(table: NearTable, random: Seeded): Json {
  if (random.below(2) === 0) return {}
  const exists = random.below(2) === 1
  const conditions = attributeNames(table, random).map((name) =>
    random.below(2) ? [name, { exists }] : [name, { value: fittingValue(name, random) }],
  )
  return { expected: Object.fromEntries(conditions) }
}

const OTHER_NAMES = ['s', 'm', 'a', 'x'.repeat(255), ...HOSTILE_NAMES]

function attributeNames(table: NearTable, random: Seeded): readonly string[] {
  const all = [...table.indexed.map(([name]) => name), ...OTHER_NAMES]
  const fitting = Array.from({ length: 1 + random.below(3) }, () => random.pick(all))
  return random.below(20) ? fitting : [...fitting, ...table.key.map(([name]) => name)]
}

/** Mostly a value of the attribute's defined type, if it has one. */
function fittingValue(name: string, random: Seeded): unknown {
  const defined = TABLES.flatMap((table) => [...table.key, ...table.indexed])
  const [, type] = defined.find(([other]) => other === name) ?? []
  return type && random.below(10) ? nearScalar(type, random) : nearValue(random)
}

function names(table: NearTable, random: Seeded): Json {
  const asked = () => [...new Set(attributeNames(table, random))]
  return sometimes(random, () => ({ attributes_to_get: asked() }))
}

function consistent(random: Seeded): Json {
  return sometimes(random, () => ({ consistent_read: random.below(2) === 1 }))
}

function key(table: NearTable, random: Seeded): Json {
  return Object.fromEntries(table.key.map(([name, type]) => [name, nearScalar(type, random)]))
}

function item(table: NearTable, random: Seeded): Json {
  const indexed = table.indexed.filter(() => random.below(3))
  const own = indexed.map(([name, type]) => [name, nearScalar(type, random)])
  const others = Array.from({ length: random.below(4) }, () => [
    random.pick(OTHER_NAMES),
    nearValue(random),
  ])
  return { ...Object.fromEntries([...others, ...own]), ...key(table, random) }
}

function anyTable(random: Seeded): string {
  return random.pick([...TABLES.map(({ name }) => name), ...PASSING_TABLES, 'nobody'])
}

function listQuery(random: Seeded): string {
  const limit = random.pick(['', 'limit=0', 'limit=1', 'limit=1001', 'limit=9007199254740991'])
  const start = random.pick(['', `exclusive_start_table_name=${anyTable(random)}`])
  return `?${[limit, start].filter(Boolean).join('&')}`
}

const NEW_NAMES = ['forum', 'n', 'text', 'count', ...HOSTILE_NAMES]

function newTable(random: Seeded): Json {
  const attributes = [...new Set(Array.from({ length: 8 }, () => random.pick(NEW_NAMES)))]
  const typed = attributes.map((name): Attribute => [name, random.pick(SCALAR_TYPES)])
  const keyLength = random.below(3) ? 2 : 1
  const [key, others] = [typed.slice(0, keyLength), typed.slice(keyLength)]
  return tableBody({ name: random.pick(PASSING_TABLES), key, indexed: others.slice(0, 5) })
}

function tableBody({ name, key, indexed }: NearTable): Json {
  const schema = (attributes: readonly (Attribute | undefined)[]) =>
    attributes.map((each, at) => ({ attribute_name: each?.[0], key_type: at ? 'RANGE' : 'HASH' }))
  const indexes = indexed.map((attribute) => ({
    index_name: `by_${attribute[0]}`,
    key_schema: schema([key[0], attribute]),
    projection: { projection_type: 'ALL' },
  }))
  return {
    table_name: name,
    attribute_definitions: [...key, ...indexed].map(([attribute_name, attribute_type]) => ({
      attribute_name,
      attribute_type,
    })),
    key_schema: schema(key),
    ...(key.length > 1 && { local_secondary_indexes: indexes }),
  }
}

function sometimes(random: Seeded, members: () => Json): Json {
  return random.below(2) ? members() : {}
}
