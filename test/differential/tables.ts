/** The tables of both services during a comparison. */

export type KeyType = 'S' | 'N' | 'B'
export type Json = { [name: string]: unknown }

export interface TableShape {
  readonly name: string
  readonly hash: string
  readonly range?: string
  readonly indexes: readonly IndexShape[]
}

type IndexShape = ReturnType<typeof index>

/** Attributes with the type that most items and requests give them. */
export const ATTRIBUTES: Readonly<Record<string, string>> = {
  ...{ s1: 'S', s2: 'S', n1: 'N', n2: 'N', b1: 'B', ss: 'SS', ns: 'NS', bs: 'BS' },
  ...{ t1: 'BOOL', z1: 'NULL', l1: 'L', l2: 'L', m1: 'M', m2: 'M', x1: 'any', x2: 'any' },
  ...{ 'with.dot': 'S', größe: 'N', status: 'S' },
}

/** Types of the attributes in keys and indexes. */
export const KEY_TYPES: Readonly<Record<string, KeyType>> = {
  ...{ p: 'S', r: 'N', h: 'N', pb: 'B', rs: 'S', si: 'S', jn: 'N', kb: 'B' },
}

function index(range: string, ProjectionType: string, more: Json = {}) {
  return { name: `by-${range}`, range, projection: { ProjectionType, ...more } }
}

export const TABLES: readonly TableShape[] = [
  {
    ...{ name: 'Pairs', hash: 'p', range: 'r' },
    indexes: [
      ...[index('si', 'ALL'), index('jn', 'KEYS_ONLY')],
      index('kb', 'INCLUDE', { NonKeyAttributes: ['s1', 'm1'] }),
    ],
  },
  { name: 'Singles', hash: 'h', indexes: [] },
  { name: 'Bytes', hash: 'pb', range: 'rs', indexes: [index('jn', 'ALL')] },
]

export function keyNames({ hash, range }: TableShape): string[] {
  return range === undefined ? [hash] : [hash, range]
}

/** The body of the CreateTable request. */
export function definition(table: TableShape): Json {
  const { name, hash, indexes } = table
  const names = new Set([...keyNames(table), ...indexes.map(({ range }) => range)])
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [...names].map((AttributeName) => ({
      AttributeName,
      AttributeType: KEY_TYPES[AttributeName],
    })),
    KeySchema: keySchema(hash, table.range),
    ...(indexes.length > 0 && {
      LocalSecondaryIndexes: indexes.map((index) => ({
        IndexName: index.name,
        KeySchema: keySchema(hash, index.range),
        Projection: index.projection,
      })),
    }),
  }
}

export function keySchema(hash: string, range?: string): Json[] {
  return [
    { AttributeName: hash, KeyType: 'HASH' },
    ...(range === undefined ? [] : [{ AttributeName: range, KeyType: 'RANGE' }]),
  ]
}
