import {
  BATCH_WRITE_REQUESTS_MAX,
  CONDITIONS_MAX,
  IN_OPERANDS_MAX,
  JSON_NAMES_MAX,
  NESTING_DEPTH_MAX,
} from '../../../src/model/limits.ts'
import { WRITTEN_TABLE } from '../written-item.ts'
import type { DearRequest } from './dearest-requests.ts'

/** JSON texts of a few megabytes. Joining texts is faster than serializing values. */
type Members = Readonly<Record<string, string>>

const json = (members: Members): string =>
  `{${Object.entries(members).map(([name, text]) => `"${name}":${text}`)}}`
const many = (count: number, text: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => text(i)).join()
const list = (count: number, text: (i: number) => string): string => `[${many(count, text)}]`
const names = (count: number, value: string): string =>
  `{${many(count, (i) => `"${i.toString(36)}":${value}`)}}`

const ONE = '{"N":"1"}'
const ESCAPE = '\\u0001'
const NESTED = `${'{"L":['.repeat(NESTING_DEPTH_MAX - 1)}${']}'.repeat(NESTING_DEPTH_MAX - 1)}`
const bytes = (i: number) => Buffer.from([i >> 16, i >> 8, i]).toString('base64')
const SHORT_NAMES = `{"M":${names(1_290, '{"NULL":true}')}}`

const SETS: Members = {
  'numbers in a set': `{"NS":${list(100_000, (i) => `"${200_000 - i}"`)}}`,
  'long numbers in a set': `{"NS":${list(19_000, (i) => `"${9_999_999 - i}${'1'.repeat(31)}"`)}}`,
  'texts in a set': `{"SS":${list(100_000, (i) => `"${(200_000 - i).toString(36)}"`)}}`,
  'binaries in a set': `{"BS":${list(136_000, (i) => `"${bytes(200_000 - i)}"`)}}`,
}
/** Values that fill the largest item, in the order that takes longest to sort. */
const VALUES: Members = {
  'escaped text': `{"S":"${ESCAPE.repeat(400_000)}"}`,
  'wide text': `{"S":"${'日'.repeat(133_000)}"}`,
  list: `{"L":${list(130_000, () => ONE)}}`,
  'nested lists': `{"L":${list(3_200, () => NESTED)}}`,
  '100,000 names': `{"M":${names(78, SHORT_NAMES)}}`,
  'names of an object': `{"M":${names(JSON_NAMES_MAX, ONE)}}`,
  ...SETS,
}
/** Attributes of an item. */
const SMALL_SETS = many(300, (i) => `"s${i}":{"NS":${list(8, (n) => `"${8 - n}"`)}}`)
const TYPED_MAP = `{"NSM":{${many(JSON_NAMES_MAX, (i) => `"-${i}.5":"x"`)}}}`

/** Texts that replace a part of a sample request. Most of them are invalid there. */
export const LARGE_TEXTS: Members = {
  ...VALUES,
  'typed map': TYPED_MAP,
  string: `"${'a'.repeat(4_100_000)}"`,
  'escaped string': `"${ESCAPE.repeat(680_000)}"`,
  number: '1'.repeat(4_100_000),
  numbers: list(440_000, () => '1'),
  'long numbers': list(24_000, (i) => `${i + 0.5}${'1'.repeat(160)}`),
  'hostile numbers': `{"NS":${list(8_000, (i) => `"${'0'.repeat(500)}${i}"`)}}`,
  strings: list(440_000, () => '"a"'),
  nulls: list(440_000, () => 'null'),
  'typed values': list(145_000, () => ONE),
  names: names(JSON_NAMES_MAX, ONE),
  'white space': list(60, () => `${' '.repeat(65_000)}1`),
}

/** The same request on both wires. Adds the table's name. */
function both(what: string, operation: string, v1: Members, dynamodb: Members): DearRequest[] {
  const isBatch = operation.startsWith('Batch')
  const path = operation.replace(/(?<=.)[A-Z]/g, '_$&').toLowerCase()
  return [
    {
      ...{ name: `${operation} of ${what}`, body: json(v1) },
      path: isBatch ? path : `tables/${WRITTEN_TABLE}/${path}`,
    },
    dynamodbRequest(what, operation, dynamodb),
  ]
}

function dynamodbRequest(what: string, operation: string, members: Members): DearRequest {
  const isBatch = operation.startsWith('Batch')
  return {
    name: `DynamoDB's ${operation} of ${what}`,
    path: `dynamodb:${operation}`,
    body: json(isBatch ? members : { TableName: JSON.stringify(WRITTEN_TABLE), ...members }),
  }
}

const keyMembers = (key: string): Members => ({ lane: '{"S":"large"}', key: `{"S":"${key}"}` })
const keyOf = (key: string): string => json(keyMembers(key))
const itemOf = (key: string, value = ''): string => json({ ...keyMembers(key), rank: ONE, value })
const VALUE_NAME = { ExpressionAttributeNames: '{"#v":"value"}' }
const named = (members: Members): Members => ({
  ...VALUE_NAME,
  ExpressionAttributeValues: json(members),
})

function ofValue(name: string, value: string): DearRequest[] {
  const [key, item] = [keyOf(name), itemOf(name, value)]
  const equal = both(
    `what equals ${name}`,
    'PutItem',
    { item, expected: `{"value":{"value":${value}}}` },
    { Item: item, ConditionExpression: '"#v = :v"', ...named({ ':v': value }) },
  )
  return [
    ...both(name, 'PutItem', { item }, { Item: item, ReturnConsumedCapacity: '"INDEXES"' }),
    ...both(name, 'GetItem', { key }, { Key: key }),
    ...both(
      `a part, ${name}`,
      'GetItem',
      { key, attributes_to_get: '["value"]' },
      { Key: key, ProjectionExpression: '"#v"', ...VALUE_NAME },
    ),
    // Other values are too large to be in a body twice.
    ...(name in SETS || name === 'wide text' ? equal : []),
  ]
}

function ofSet(name: string, value: string): DearRequest[] {
  const key = keyOf(name)
  const update = (action: string, attribute: string) =>
    both(
      `${action} of ${name}`,
      'UpdateItem',
      { key, attribute_updates: `{"${attribute}":{"action":"${action}","value":${value}}}` },
      { Key: key, UpdateExpression: `"${action} #v :v"`, ...named({ ':v': value }) },
    )
  return [...update('ADD', 'value'), ...update('DELETE', 'none')]
}

function ofBatch(what: string, values: readonly (string | undefined)[]): DearRequest[] {
  const puts = (request: string, item: string) =>
    list(values.length, (i) => `{"${request}":{"${item}":${itemOf(`${what} ${i}`, values[i])}}}`)
  const keys = list(values.length, (i) => keyOf(`${what} ${i}`))
  const onTable = (text: string) => json({ [WRITTEN_TABLE]: text })
  return [
    ...both(
      what,
      'BatchWriteItem',
      { request_items: onTable(puts('put_request', 'item')) },
      { RequestItems: onTable(puts('PutRequest', 'Item')) },
    ),
    ...both(
      what,
      'BatchGetItem',
      { request_items: onTable(`{"keys":${keys}}`) },
      { RequestItems: onTable(`{"Keys":${keys}}`) },
    ),
  ]
}

const WIDE_KEYS = list(300, () => names(200, '{"NS":["2","1"]}'))
const conditions = (condition: string): string => names(CONDITIONS_MAX, condition)
const or = (count: number, condition: string): string =>
  `"${Array(count).fill(condition).join(' OR ')}"`
const LONG_TEXT = 'a'.repeat(2_000_000)
const LONG_TEXTS = named({ ':l': `{"S":"${LONG_TEXT}a"}`, ':h': `{"S":"${LONG_TEXT}b"}` })
const load = (what: string, body: string): DearRequest => ({
  ...{ name: `bulk load of ${what}`, path: `tables/${WRITTEN_TABLE}/bulk_load`, body },
})

/** Their order matters: some read the items that others put. */
export const LARGE_REQUESTS: readonly DearRequest[] = [
  ...Object.entries(VALUES).flatMap(([name, value]) => ofValue(name, value)),
  ...Object.entries(SETS).flatMap(([name, value]) => ofSet(name, value)),
  ...both(
    'a typed map',
    'PutItem',
    { item: itemOf('typed', TYPED_MAP) },
    { Item: itemOf('0', ONE) },
  ),
  dynamodbRequest('a typed map', 'GetItem', { Key: keyOf('typed') }),
  {
    ...dynamodbRequest('what shows a typed map', 'PutItem', {
      Item: itemOf('typed', ONE),
      ConditionExpression: '"attribute_not_exists(lane)"',
      ReturnValuesOnConditionCheckFailure: '"ALL_OLD"',
    }),
    status: 400,
  },
  dynamodbRequest('list_append', 'UpdateItem', {
    Key: keyOf('appended'),
    UpdateExpression: '"SET #v = list_append(:v, :e)"',
    ...named({ ':v': VALUES.list ?? '', ':e': '{"L":[]}' }),
  }),
  ...ofBatch('the largest', [VALUES.list, ...Array(6).fill(VALUES['escaped text'])]),
  ...ofBatch('wide texts', Array(BATCH_WRITE_REQUESTS_MAX).fill(VALUES['wide text'])),
  ...ofBatch('small sets', Array(BATCH_WRITE_REQUESTS_MAX).fill(`${ONE},${SMALL_SETS}`)),
  ...both(
    'wide keys',
    'BatchGetItem',
    { request_items: json({ [WRITTEN_TABLE]: `{"keys":${WIDE_KEYS}}` }) },
    { RequestItems: json({ [WRITTEN_TABLE]: `{"Keys":${WIDE_KEYS}}` }) },
  ).map((request) => ({ ...request, status: 400, says: ' key' })),
  ...both(
    'many conditions',
    'Scan',
    { scan_filter: conditions('{"comparison_operator":"NULL"}') },
    { ConditionalOperator: '"OR"', ScanFilter: conditions('{"ComparisonOperator":"NOT_NULL"}') },
  ),
  dynamodbRequest('many operands', 'Scan', {
    FilterExpression: or(10, `#r IN (${many(IN_OPERANDS_MAX, (i) => `:${i.toString(36)}`)})`),
    ExpressionAttributeNames: '{"#r":"rank"}',
    ExpressionAttributeValues: `{${many(IN_OPERANDS_MAX, (i) => `":${i.toString(36)}":${ONE}`)}}`,
  }),
  dynamodbRequest('long bounds', 'Scan', {
    FilterExpression: or(150, '#v BETWEEN :l AND :h'),
    ...LONG_TEXTS,
  }),
  dynamodbRequest('long sizes', 'Scan', {
    FilterExpression: or(75, '#v BETWEEN size(:l) AND size(:h)'),
    ...LONG_TEXTS,
  }),
  load('large lines', [VALUES['escaped text'], VALUES.list].map((v) => itemOf('3', v)).join('\n')),
  load('small lines', many(30_000, (i) => `${itemOf(`5${i}`, ONE)}\n`).replaceAll('\n,', '\n')),
  load('no items', '{}\n'.repeat(1_000_000)),
]
