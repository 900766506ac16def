import * as assert from 'uvu/assert'
import { type InProcessService, startService } from '../../support/in-process-service.ts'
import { ask } from '../../support/raw-http.ts'
import { suite } from '../../support/suite.ts'
import { call, refusalOf, send, signedBy } from './dynamodb-client.ts'

/** Both wires share tables: each reads what the other writes, and refuses the same items. */
const parity = suite('v1 and DynamoDB on the same tables')

const DEFINITION = {
  attributes: [
    ['forum', 'S'],
    ['n', 'N'],
    ['words', 'S'],
  ] as const,
}
/** A value of each type that both wires have. */
const EVERY_TYPE = {
  words: { S: 'é😀\u0000' },
  t_n: { N: '-1.5' },
  t_b: { B: 'AP8=' },
  t_ss: { SS: ['a', 'b'] },
  t_ns: { NS: ['-1', '9', '10'] },
  t_bs: { BS: ['YQ==', 'Yg=='] },
  t_bool: { BOOL: true },
  t_null: { NULL: true },
  t_l: { L: [{ N: '1' }, { M: { k: { S: '' } } }] },
  t_m: { M: { __proto__x: { L: [] } } },
}

let service: InProcessService

parity.before(async () => {
  service = await startService()
})
parity.after(() => service.close())

async function v1(method: 'GET' | 'POST', path: string, body?: object) {
  const answer = await ask(service.port, {
    ...{ method, target: `/v1/data/p1${path}`, headers: ['X-Auth-Token: ann:p1'] },
    ...(body && { body: JSON.stringify(body) }),
  })
  return { status: answer.status, json: JSON.parse(answer.body) }
}
const dynamodb = (operation: string, body: object) => call(service.port, operation, body)

function v1Definition(table_name: string) {
  const key = (range: string) => [
    { attribute_name: 'forum', key_type: 'HASH' },
    { attribute_name: range, key_type: 'RANGE' },
  ]
  return {
    table_name,
    attribute_definitions: DEFINITION.attributes.map(([attribute_name, attribute_type]) => ({
      ...{ attribute_name, attribute_type },
    })),
    key_schema: key('n'),
    local_secondary_indexes: [
      { index_name: 'by_words', key_schema: key('words'), projection: { projection_type: 'ALL' } },
    ],
  }
}

function dynamodbDefinition(TableName: string) {
  const key = (range: string) => [
    { AttributeName: 'forum', KeyType: 'HASH' },
    { AttributeName: range, KeyType: 'RANGE' },
  ]
  return {
    TableName,
    AttributeDefinitions: DEFINITION.attributes.map(([AttributeName, AttributeType]) => ({
      ...{ AttributeName, AttributeType },
    })),
    KeySchema: key('n'),
    BillingMode: 'PAY_PER_REQUEST',
    LocalSecondaryIndexes: [
      { IndexName: 'by_words', KeySchema: key('words'), Projection: { ProjectionType: 'ALL' } },
    ],
  }
}

const key = (n: number) => ({ forum: { S: 'x' }, n: { N: `${n}` } })
const item = (n: number) => ({ ...key(n), ...EVERY_TYPE })

parity('a table created by either wire is read and written by the other', async () => {
  await dynamodb('CreateTable', dynamodbDefinition('of_dynamodb'))
  await v1('POST', '/tables', v1Definition('of_v1'))
  for (const table of ['of_dynamodb', 'of_v1']) {
    await dynamodb('PutItem', { TableName: table, Item: item(1) })
    assert.is((await v1('POST', `/tables/${table}/put_item`, { item: item(2) })).status, 200)
    for (const n of [1, 2]) {
      const shown = await v1('POST', `/tables/${table}/get_item`, { key: key(n) })
      assert.equal(shown.json.item, item(n), `${table} ${n}`)
      const { Item } = await dynamodb('GetItem', { TableName: table, Key: key(n) })
      assert.equal(Item, item(n), `${table} ${n}`)
    }
    const { Items } = await dynamodb('Query', {
      ...{ TableName: table, IndexName: 'by_words' },
      KeyConditionExpression: 'forum = :f AND words = :w',
      ExpressionAttributeValues: { ':f': { S: 'x' }, ':w': EVERY_TYPE.words },
    })
    assert.equal(Items, [item(1), item(2)])
    const condition = (value: object) => ({
      ...{ comparison_operator: 'EQ', attribute_value_list: [value] },
    })
    const queried = await v1('POST', `/tables/${table}/query`, {
      ...{ index_name: 'by_words' },
      key_conditions: { forum: condition({ S: 'x' }), words: condition(EVERY_TYPE.words) },
    })
    assert.equal(queried.json.items, [item(1), item(2)])
  }
})

parity('both wires describe the same table', async () => {
  const shown = (await v1('GET', '/tables/of_dynamodb')).json.table
  const { Table } = await dynamodb('DescribeTable', { TableName: 'of_dynamodb' })
  assert.is(shown.table_id, Table.TableId)
  assert.is(shown.local_secondary_indexes[0].index_name, Table.LocalSecondaryIndexes[0].IndexName)
  const old = (await dynamodb('DescribeTable', { TableName: 'of_v1' })).Table
  assert.equal(old.KeySchema, Table.KeySchema)
  assert.equal(old.AttributeDefinitions, Table.AttributeDefinitions)
})

parity('equal updates by both wires leave equal items', async () => {
  const numbers = { cnt: { N: '5' }, set: { SS: ['a', 'b'] }, gone: { S: 'x' } }
  for (const n of [10, 11]) {
    await dynamodb('PutItem', { TableName: 'of_v1', Item: { ...key(n), ...numbers } })
  }
  await dynamodb('UpdateItem', {
    ...{ TableName: 'of_v1', Key: key(10) },
    UpdateExpression: 'SET fresh = :new REMOVE gone ADD cnt :one DELETE #set :a',
    ExpressionAttributeNames: { '#set': 'set' },
    ExpressionAttributeValues: {
      ...{ ':new': { BOOL: true }, ':one': { N: '1' }, ':a': { SS: ['a'] } },
    },
  })
  await v1('POST', '/tables/of_v1/update_item', {
    key: key(11),
    attribute_updates: {
      fresh: { action: 'PUT', value: { BOOL: true } },
      gone: { action: 'DELETE' },
      cnt: { action: 'ADD', value: { N: '1' } },
      set: { action: 'DELETE', value: { SS: ['a'] } },
    },
  })
  const found = async (n: number) => {
    const { Item } = await dynamodb('GetItem', { TableName: 'of_v1', Key: key(n) })
    return { ...Item, n: 'n' }
  }
  assert.equal(await found(10), await found(11))
})

parity('equal conditions of both wires are met by the same items', async () => {
  const Expected = { t_bool: { value: { BOOL: false } } }
  const put = { item: item(1), expected: Expected }
  const refused = await v1('POST', '/tables/of_v1/put_item', put)
  assert.is(refused.json.error.type, 'ConditionalCheckFailedException')
  const same = await refusalOf(service.port, 'PutItem', {
    ...{ TableName: 'of_v1', Item: item(1), ConditionExpression: 't_bool = :f' },
    ExpressionAttributeValues: { ':f': { BOOL: false } },
  })
  assert.match(same, /^ConditionalCheckFailedException/)
})

parity("v1's typed maps are M on the DynamoDB wire, and readable by path", async () => {
  const maps = { by_text: { SNM: { b: '2', a: '1' } }, deep: { L: [{ NBM: { 10: 'AA==' } }] } }
  await v1('POST', '/tables/of_v1/put_item', { item: { ...key(20), ...maps } })
  const shown = {
    by_text: { M: { a: { N: '1' }, b: { N: '2' } } },
    deep: { L: [{ M: { 10: { B: 'AA==' } } }] },
  }
  const { Item } = await dynamodb('GetItem', { TableName: 'of_v1', Key: key(20) })
  assert.equal(Item, { ...key(20), ...shown })
  const { Items } = await dynamodb('Scan', {
    ...{ TableName: 'of_v1', FilterExpression: 'by_text.a = :one AND attribute_type(by_text, :m)' },
    ExpressionAttributeValues: { ':one': { N: '1' }, ':m': { S: 'M' } },
  })
  assert.equal(Items, [{ ...key(20), ...shown }])
  const left = await dynamodb('UpdateItem', {
    ...{ TableName: 'of_v1', Key: key(20), UpdateExpression: 'SET by_text.c = :one' },
    ...{ ExpressionAttributeValues: { ':one': { N: '1' } }, ReturnValues: 'ALL_NEW' },
  })
  assert.equal(left.Attributes.by_text.M.c, { N: '1' })
})

parity('other projects see no table of either wire', async () => {
  const { body } = await send(service.port, 'ListTables', {}, [signedBy('p2')])
  assert.is(body, '{"TableNames":[]}')
})

parity.run()
