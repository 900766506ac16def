import type { TypedItem } from './items.ts'

export interface Call {
  /** Default: POST. */
  readonly method?: 'DELETE' | 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The requests and answers of a server's API. */
export interface Wire {
  createTable(): Call
  putItem(item: TypedItem): Call
  getItem(key: TypedItem): Call
  gotItem(item: TypedItem): unknown
  /** All items of a partition. */
  query(partition: string): Call
  queried(items: readonly TypedItem[]): unknown
  addOne(key: TypedItem, attribute: string): Call
}

export const TABLE = 'thread'

/** Calls of MagnetoDB's v1 API, by their path in a project. */
export function magnetodbCall(projectId: string, token: string) {
  const headers = { 'Content-Type': 'application/json', 'X-Auth-Token': token }
  return (path: string, body: object): Call => ({
    path: `/v1/data/${projectId}${path}`,
    headers,
    body: JSON.stringify(body),
  })
}

export function magnetodbWire(projectId: string, token: string): Wire {
  const call = magnetodbCall(projectId, token)
  return {
    createTable: () =>
      call('/tables', {
        table_name: TABLE,
        attribute_definitions: [
          { attribute_name: 'forum', attribute_type: 'S' },
          { attribute_name: 'subject', attribute_type: 'S' },
        ],
        key_schema: [
          { attribute_name: 'forum', key_type: 'HASH' },
          { attribute_name: 'subject', key_type: 'RANGE' },
        ],
      }),
    putItem: (item) => call(`/tables/${TABLE}/put_item`, { item }),
    getItem: (key) => call(`/tables/${TABLE}/get_item`, { key }),
    gotItem: (item) => ({ item }),
    query: (partition) =>
      call(`/tables/${TABLE}/query`, {
        key_conditions: {
          forum: { attribute_value_list: [{ S: partition }], comparison_operator: 'EQ' },
        },
      }),
    queried: (items) => ({ count: items.length, items }),
    addOne: (key, attribute) =>
      call(`/tables/${TABLE}/update_item`, {
        key,
        attribute_updates: { [attribute]: { action: 'ADD', value: { N: '1' } } },
      }),
  }
}

/** The headers that name the caller of a call of DynamoDB's API. */
export type Caller = (target: string, body: string) => Call['headers']

export function tokenOf(token: string): Caller {
  return () => ({ 'X-Auth-Token': token })
}

/** A signature that dynalite does not verify. */
export const UNVERIFIED: Caller = () => ({
  'X-Amz-Date': '20260101T000000Z',
  Authorization:
    'AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/dynamodb/aws4_request, ' +
    `SignedHeaders=host;x-amz-date;x-amz-target, Signature=${'0'.repeat(64)}`,
})

export function dynamodbWire(caller: Caller): Wire {
  const call = (operation: string, parameters: object): Call => {
    const target = `DynamoDB_20120810.${operation}`
    const body = JSON.stringify({ TableName: TABLE, ...parameters })
    const type = 'application/x-amz-json-1.0'
    const headers = { 'Content-Type': type, 'X-Amz-Target': target, ...caller(target, body) }
    return { path: '/', headers, body }
  }
  return {
    createTable: () =>
      call('CreateTable', {
        AttributeDefinitions: [
          { AttributeName: 'forum', AttributeType: 'S' },
          { AttributeName: 'subject', AttributeType: 'S' },
        ],
        KeySchema: [
          { AttributeName: 'forum', KeyType: 'HASH' },
          { AttributeName: 'subject', KeyType: 'RANGE' },
        ],
        BillingMode: 'PAY_PER_REQUEST',
      }),
    putItem: (item) => call('PutItem', { Item: item }),
    getItem: (key) => call('GetItem', { Key: key }),
    gotItem: (item) => ({ Item: item }),
    query: (partition) =>
      call('Query', {
        KeyConditions: {
          forum: { AttributeValueList: [{ S: partition }], ComparisonOperator: 'EQ' },
        },
      }),
    queried: (items) => ({ Count: items.length, Items: items, ScannedCount: items.length }),
    addOne: (key, attribute) =>
      call('UpdateItem', {
        Key: key,
        AttributeUpdates: { [attribute]: { Action: 'ADD', Value: { N: '1' } } },
      }),
  }
}
