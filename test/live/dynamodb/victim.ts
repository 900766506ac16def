import * as assert from 'uvu/assert'
import { exchange } from '../../support/exchange.ts'
import { until } from '../../support/until.ts'

/** A project's table on the DynamoDB wire, which other projects may neither see nor change. */

export const TABLE = 'victim'
export const MISSING = 'missing'
const TARGET = 'DynamoDB_20120810.'

export type WireHeaders = Readonly<Record<string, string>>
export type Reply = { readonly status: number; readonly type: string; readonly body: string }

const KEY = { id: { S: 'a' } }
const ITEM = { ...KEY, v: { S: 'stolen' } }
const VALUES = { ExpressionAttributeValues: { ':a': { S: 'a' } } }
const definition = (TableName: string) => ({
  TableName,
  AttributeDefinitions: [{ AttributeName: 'id', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'id', KeyType: 'HASH' }],
  BillingMode: 'PAY_PER_REQUEST',
})

type Body = (table: string, projectId: string) => object

/** A valid request of each operation. Writes would leave a visible change. */
const BODIES: Readonly<Record<string, Body>> = {
  CreateTable: (table) => definition(`${table}2`),
  DescribeTable: (TableName) => ({ TableName }),
  ListTables: () => ({}),
  UpdateTable: (TableName) => ({ TableName, DeletionProtectionEnabled: true }),
  DeleteTable: (TableName) => ({ TableName }),
  PutItem: (TableName) => ({ TableName, Item: ITEM }),
  GetItem: (TableName) => ({ TableName, Key: KEY }),
  UpdateItem: (TableName) => ({ TableName, Key: KEY, UpdateExpression: 'SET v = :a', ...VALUES }),
  DeleteItem: (TableName) => ({ TableName, Key: KEY }),
  Query: (TableName) => ({ TableName, KeyConditionExpression: 'id = :a', ...VALUES }),
  Scan: (TableName) => ({ TableName }),
  BatchGetItem: (table) => ({ RequestItems: { [table]: { Keys: [KEY] } } }),
  BatchWriteItem: (table) => ({ RequestItems: { [table]: [{ DeleteRequest: { Key: KEY } }] } }),
  TagResource: (table, project) => ({
    ResourceArn: arn(table, project),
    Tags: [{ Key: 'owner', Value: 'somebody else' }],
  }),
  UntagResource: (table, project) => ({ ResourceArn: arn(table, project), TagKeys: ['owner'] }),
  ListTagsOfResource: (table, project) => ({ ResourceArn: arn(table, project) }),
  UpdateTimeToLive: (TableName) => ({
    TableName,
    TimeToLiveSpecification: { AttributeName: 'v', Enabled: true },
  }),
  DescribeTimeToLive: (TableName) => ({ TableName }),
  DescribeLimits: () => ({}),
  DescribeEndpoints: () => ({}),
}
export const OPERATIONS = Object.keys(BODIES)
export const READS = OPERATIONS.filter((name) =>
  /^(Describe|List|Get|Query|Scan|BatchGet)/.test(name),
)

function arn(table: string, projectId: string): string {
  return `arn:aws:dynamodb:us-east-1:${projectId}:table/${table}`
}

export function bodyOf(operation: string, table: string, projectId: string): string {
  return JSON.stringify(BODIES[operation]?.(table, projectId) ?? {})
}

/** @param address the source address, since the service counts failures by address */
export async function post(
  url: string,
  operation: string,
  body: string,
  headers: WireHeaders,
  address?: string,
): Promise<Reply> {
  const { status, body: text } = await exchange({
    ...{ url: `${url}/`, method: 'POST', body, localAddress: address },
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': `${TARGET}${operation}`,
      ...headers,
    },
  })
  const [, type = ''] = /"__type":"[^"]*#(\w+)"/.exec(text) ?? []
  return { status, type, body: text }
}

/** The table of the project alpha, as its owner sees it. */
export class Victim {
  readonly #url: string
  readonly #projectId: string
  readonly #owner: WireHeaders

  constructor(url: string, projectId: string, ownersToken: string) {
    this.#url = url
    this.#projectId = projectId
    this.#owner = { 'X-Auth-Token': ownersToken }
  }

  async create(): Promise<void> {
    await this.#ask('CreateTable', definition(TABLE))
    await until('it is active', async () => (await this.#ask('DescribeTable')).includes('"ACTIVE"'))
    await this.#ask('PutItem', { TableName: TABLE, Item: { ...KEY, v: { S: 'kept' } } })
    const Tags = [{ Key: 'owner', Value: 'alpha' }]
    await this.#ask('TagResource', { ResourceArn: arn(TABLE, this.#projectId), Tags })
  }

  /** All that the owner can see of the project. */
  async state(): Promise<string> {
    const seen: string[] = []
    for (const read of ['ListTables', 'DescribeTable', 'Scan', 'ListTagsOfResource']) {
      seen.push(await this.#ask(read))
    }
    return seen.join('\n')
  }

  /** Sends a request as the owner, by default with the operation's body of `BODIES`. */
  async #ask(operation: string, body = BODIES[operation]?.(TABLE, this.#projectId)) {
    const reply = await post(this.#url, operation, JSON.stringify(body), this.#owner)
    assert.is(reply.status, 200, reply.body)
    return reply.body
  }
}
