import {
  ConditionalCheckFailedException,
  CreateTableCommand,
  DeleteTableCommand,
  DynamoDBClient,
  ListTablesCommand,
  PutItemCommand,
  paginateScan,
  ResourceNotFoundException,
  waitUntilTableExists,
  waitUntilTableNotExists,
} from '@aws-sdk/client-dynamodb'
import {
  BatchWriteCommand,
  DynamoDBDocumentClient,
  GetCommand,
  paginateQuery,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb'
import * as assert from 'uvu/assert'
import type { Ec2Credential } from '../../stack/keystone-client.ts'
import { below } from '../../support/at-once.ts'

const TableName = 'songs'
const ITEMS = 40
/** The SDK's default is to poll every 20 seconds. */
const WAIT = { maxWaitTime: 120, minDelay: 1, maxDelay: 2 }

/** A table's life with the SDK for JavaScript, by its client and by its document client. */
export async function javascriptLife(
  endpoint: string,
  { access, secret }: Ec2Credential,
): Promise<void> {
  const credentials = { accessKeyId: access, secretAccessKey: secret }
  const client = new DynamoDBClient({ endpoint, region: 'us-east-1', credentials })
  try {
    await makeTable(client)
    await documents(DynamoDBDocumentClient.from(client))
    await pages(client)
    await removeTable(client)
  } finally {
    client.destroy()
  }
}

async function refused(call: Promise<unknown>, type: new (...args: never[]) => Error) {
  assert.instance(await call.catch((reason: unknown) => reason), type)
}

async function makeTable(client: DynamoDBClient): Promise<void> {
  const [band, number] = [{ AttributeName: 'band' }, { AttributeName: 'number' }]
  const definition = new CreateTableCommand({
    ...{ TableName, BillingMode: 'PAY_PER_REQUEST' },
    AttributeDefinitions: [
      { ...band, AttributeType: 'S' },
      { ...number, AttributeType: 'N' },
    ],
    KeySchema: [
      { ...band, KeyType: 'HASH' },
      { ...number, KeyType: 'RANGE' },
    ],
  })
  await client.send(definition)
  await waitUntilTableExists({ client, ...WAIT }, { TableName })
  assert.equal((await client.send(new ListTablesCommand())).TableNames, [TableName])
  const Item = { band: { S: 'Bläser 🎺' }, number: { N: '1' }, bytes: { B: Buffer.from([0, 255]) } }
  await client.send(new PutItemCommand({ TableName, Item }))
  const ConditionExpression = 'attribute_not_exists(band)'
  const again = client.send(new PutItemCommand({ TableName, Item, ConditionExpression }))
  await refused(again, ConditionalCheckFailedException)
}

async function documents(client: DynamoDBDocumentClient): Promise<void> {
  const Key = { band: 'Bläser 🎺', number: 1 }
  const { Attributes } = await client.send(
    new UpdateCommand({
      ...{ TableName, Key, UpdateExpression: 'SET info = :i ADD tags :t' },
      ExpressionAttributeValues: { ':i': { years: [1999, { end: null }] }, ':t': new Set(['x']) },
      ReturnValues: 'ALL_NEW',
    }),
  )
  const bytes = new Uint8Array([0, 255])
  const expected = { ...Key, bytes, info: { years: [1999, { end: null }] }, tags: new Set(['x']) }
  assert.equal(Attributes, expected)
  const { Item } = await client.send(new GetCommand({ TableName, Key, ConsistentRead: true }))
  assert.equal(Item, expected)
  const requests = below(ITEMS).map((number) => ({
    PutRequest: { Item: { band: 'many', number, title: `title ${number}` } },
  }))
  for (let at = 0; at < ITEMS; at += 25) {
    const written = { RequestItems: { [TableName]: requests.slice(at, at + 25) } }
    const { UnprocessedItems } = await client.send(new BatchWriteCommand(written))
    assert.equal(UnprocessedItems, {})
  }
  const numbers: unknown[] = []
  const query = {
    ...{ TableName, KeyConditionExpression: 'band = :b', FilterExpression: 'title <> :t' },
    ExpressionAttributeValues: { ':b': 'many', ':t': 'title 0' },
    ...{ ScanIndexForward: false, Limit: 7 },
  }
  for await (const { Items = [] } of paginateQuery({ client }, query)) {
    numbers.push(...Items.map((item) => item.number))
  }
  assert.equal(numbers, below(ITEMS).slice(1).reverse())
}

async function pages(client: DynamoDBClient): Promise<void> {
  let count = 0
  const scan = paginateScan({ client, pageSize: 9 }, { TableName })
  for await (const page of scan) count += page.Count ?? 0
  assert.is(count, ITEMS + 1)
}

async function removeTable(client: DynamoDBClient): Promise<void> {
  await client.send(new DeleteTableCommand({ TableName }))
  await waitUntilTableNotExists({ client, ...WAIT }, { TableName })
  await refused(client.send(new DeleteTableCommand({ TableName })), ResourceNotFoundException)
}
