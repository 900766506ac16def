import * as assert from 'uvu/assert'
import { type InProcessService, startService } from '../../support/in-process-service.ts'
import { suite } from '../../support/suite.ts'
import { call, refusalOf, send } from './dynamodb-client.ts'
import { musicTable } from './sample-requests.ts'

const items = suite('items of the DynamoDB wire')

const TableName = 'music'
/** A value of each of the ten types. */
const EVERY_TYPE = {
  t_s: { S: 'x' },
  t_n: { N: '1.50' },
  t_b: { B: 'AP8=' },
  t_ss: { SS: ['b', 'a'] },
  t_ns: { NS: ['10', '9', '-1'] },
  t_bs: { BS: ['Yg==', 'YQ=='] },
  t_bool: { BOOL: false },
  t_null: { NULL: true },
  t_l: { L: [{ N: '1' }, { L: [{ S: '' }] }] },
  t_m: { M: { k: { M: { 'x.y': { B: '' } } } } },
}

let service: InProcessService
const asked = (operation: string, body: object) =>
  call(service.port, operation, { TableName, ...body })
const refused = (operation: string, body: object) =>
  refusalOf(service.port, operation, { TableName, ...body })
const key = (a: string, s: number) => ({ a: { S: a }, s: { N: `${s}` } })

items.before(async () => {
  service = await startService()
  await call(service.port, 'CreateTable', musicTable({ ProjectionType: 'KEYS_ONLY' }))
})
items.after(() => service.close())

items('an item of every type is read as it was put, in canonical form', async () => {
  await asked('PutItem', { Item: { ...key('types', 1), ...EVERY_TYPE } })
  const { Item } = await asked('GetItem', { Key: key('types', 1) })
  assert.equal(Item, {
    ...{ ...key('types', 1), ...EVERY_TYPE },
    t_n: { N: '1.5' },
    t_ss: { SS: ['a', 'b'] },
    t_ns: { NS: ['-1', '9', '10'] },
    t_bs: { BS: ['YQ==', 'Yg=='] },
  })
  assert.equal(await asked('GetItem', { Key: key('none', 1) }), {})
})

items("an invalid value answers 400 with DynamoDB's message", async () => {
  const invalid = 'ValidationException: One or more parameter values were invalid: '
  for (const [typed, refusal] of [
    [{ SS: [] }, `${invalid}An string set  may not be empty`],
    [{ NS: [] }, `${invalid}An number set  may not be empty`],
    [{ BS: [] }, `${invalid}Binary sets should not be empty`],
    [{ SS: ['a', 'a'] }, `${invalid}Input collection [a, a] contains duplicates.`],
    [{ NS: ['1', '1.0'] }, 'ValidationException: Input collection contains duplicates'],
    [{ NULL: false }, `${invalid}Null attribute value types must have the value of true`],
    [{}, 'ValidationException: Supplied AttributeValue is empty, must contain exactly one'],
    [{ S: 'a', N: '1' }, 'ValidationException: Supplied AttributeValue has more than one'],
    [{ N: 'x' }, 'ValidationException: The parameter cannot be converted to a numeric value: x'],
    [{ N: '' }, 'ValidationException: The parameter cannot be converted to a numeric value'],
    [{ N: '1e126' }, 'ValidationException: Number overflow. Attempting to store a number'],
    [{ N: '1e9999999' }, 'ValidationException: Number overflow. Attempting to store a number'],
    [{ N: '1e-131' }, 'ValidationException: Number underflow. Attempting to store a number'],
    [{ N: '1'.repeat(39) }, 'ValidationException: Attempting to store more than 38 significant'],
    [{ N: 1 }, 'SerializationException: NUMBER_VALUE cannot be converted to String'],
    [{ S: true }, 'SerializationException: TRUE_VALUE cannot be converted to String'],
    [{ B: 'x' }, 'SerializationException: Base64 encoded length is expected a multiple of 4'],
    [{ L: {} }, 'SerializationException: Start of structure or map found where not expected'],
    [{ SNM: { a: '1' } }, 'ValidationException: Supplied AttributeValue is empty'],
    ['text', 'SerializationException: Unexpected value type in payload'],
  ] as const) {
    const found = await refused('PutItem', { Item: { ...key('bad', 1), bad: typed } })
    assert.ok(found.startsWith(refusal), `${JSON.stringify(typed)}: ${found}`)
    const deep = { M: { x: { L: [typed] } } }
    const nested = await refused('PutItem', { Item: { ...key('bad', 1), deep } })
    assert.ok(nested.startsWith(refusal), `nested ${JSON.stringify(typed)}: ${nested}`)
  }
})

items('an item of 32 levels is stored, one of 33 answers 400', async () => {
  const nested = (levels: number): object =>
    levels === 0 ? { S: '' } : { L: [nested(levels - 1)] }
  await asked('PutItem', { Item: { ...key('deep', 1), x: nested(32) } })
  const refusal = await refused('PutItem', { Item: { ...key('deep', 2), x: nested(33) } })
  assert.is(refusal, 'ValidationException: Nesting Levels have exceeded supported limits')
})

items("a key that does not match the table's answers 400", async () => {
  const mismatch = 'ValidationException: The provided key element does not match the schema'
  for (const Key of [
    { a: { S: 'x' } },
    { ...key('x', 1), b: { S: '' } },
    { a: { S: 'x' }, s: A },
  ]) {
    for (const operation of ['GetItem', 'DeleteItem', 'UpdateItem']) {
      assert.is(await refused(operation, { Key }), mismatch, operation)
    }
  }
  assert.match(
    await refused('GetItem', { Key: { a: A }, ProjectionExpression: 'a.x' }),
    'Key attributes must be scalars',
  )
  assert.is(
    await refused('PutItem', { Item: { a: { S: 'x' } } }),
    'ValidationException: One or more parameter values were invalid: Missing the key s in the item',
  )
  assert.is(
    await refused('PutItem', { Item: { a: { N: '1' }, s: { N: '1' } } }),
    'ValidationException: One or more parameter values were invalid: ' +
      'Type mismatch for key a expected: S actual: N',
  )
})

const A = { S: 'a' }

items('an index key of another type, empty or too long answers 400', async () => {
  const put = (l: object) => refused('PutItem', { Item: { ...key('index', 1), l } })
  assert.is(
    await put({ N: '1' }),
    'ValidationException: One or more parameter values were invalid: ' +
      'Type mismatch for Index Key l Expected: S Actual: N IndexName: by_l',
  )
  assert.is(
    await put({ S: '' }),
    'ValidationException: One or more parameter values are not valid. A value specified for a ' +
      'secondary index key is not supported. The AttributeValue for a key attribute cannot ' +
      'contain an empty string value. IndexName: by_l, IndexKey: l',
  )
  assert.match(await put({ S: 'x'.repeat(1025) }), 'exceeded the size limit of 1024 bytes')
})

items('a failed condition answers 400, with the old item if requested', async () => {
  const Item = { ...key('cond', 1), v: { N: '1' } }
  const once = { ConditionExpression: 'attribute_not_exists(a)' }
  assert.equal(await asked('PutItem', { Item, ...once }), {})
  const failed = 'ConditionalCheckFailedException: The conditional request failed'
  assert.is(await refused('PutItem', { Item, ...once }), failed)
  const shown = await send(service.port, 'PutItem', {
    ...{ TableName, Item, ...once, ReturnValuesOnConditionCheckFailure: 'ALL_OLD' },
  })
  assert.equal(JSON.parse(shown.body).Item, Item)
  const values = { ExpressionAttributeValues: { ':one': { N: '1' } } }
  const deletion = { Key: key('cond', 1), ConditionExpression: 'v = :one', ReturnValues: 'ALL_OLD' }
  assert.equal(await asked('DeleteItem', { ...deletion, ...values }), { Attributes: Item })
  assert.is(await refused('DeleteItem', { ...deletion, ...values }), failed)
})

items('an empty update creates the item, one of only REMOVE does not', async () => {
  assert.equal(await asked('UpdateItem', { Key: key('new', 1), ReturnValues: 'ALL_NEW' }), {
    Attributes: key('new', 1),
  })
  const Key = key('new', 2)
  await asked('UpdateItem', { Key, UpdateExpression: 'REMOVE x' })
  assert.equal(await asked('GetItem', { Key }), {})
})

items('an update changes parts of documents, and UPDATED_NEW returns them', async () => {
  const Key = key('upd', 1)
  await asked('PutItem', {
    Item: { ...Key, m: { M: { n: { N: '1' } } }, l: { S: 'q' }, li: { L: [A, A, A] }, t: A },
  })
  const { Attributes } = await asked('UpdateItem', {
    Key,
    UpdateExpression: 'SET m.n = m.n + :one, m.#new = :a REMOVE li[0], li[1], t ADD c :one',
    ExpressionAttributeNames: { '#new': 'x.y' },
    ExpressionAttributeValues: { ':one': { N: '1' }, ':a': A },
    ReturnValues: 'UPDATED_NEW',
  })
  assert.equal(Attributes.m, { M: { n: { N: '2' }, 'x.y': A } })
  assert.equal(Attributes.c, { N: '1' })
  const { Item } = await asked('GetItem', { Key })
  assert.equal(Item.li, { L: [A] })
  assert.is(Item.t, undefined)
})

items('an update that does not fit the item answers 400', async () => {
  const Key = key('misfit', 1)
  await asked('PutItem', { Item: { ...Key, txt: A } })
  const update = (UpdateExpression: string) =>
    refused('UpdateItem', {
      ...{ Key, UpdateExpression },
      ExpressionAttributeValues: { ':n': { N: '1' } },
    })
  const wrong =
    'ValidationException: An operand in the update expression has an incorrect data type'
  assert.is(await update('ADD txt :n'), wrong)
  assert.is(await update('SET x = txt + :n'), wrong)
  assert.is(
    await update('SET x = y + :n'),
    'ValidationException: The provided expression refers to an attribute that does not exist ' +
      'in the item',
  )
  assert.is(
    await update('SET y.z = :n'),
    'ValidationException: The document path provided in the update expression is invalid for ' +
      'update',
  )
  assert.is(
    await update('SET a = :n'),
    'ValidationException: One or more parameter values were invalid: ' +
      'Cannot update attribute a. This attribute is part of the key',
  )
  assert.match(await update('SET s.x = :n'), 'Cannot update attribute s.')
})

items('consumed capacity is returned for the table and its indexes', async () => {
  const Item = { ...key('cap', 1), l: { S: 'x' }, pad: { S: 'x'.repeat(2000) } }
  const put = await asked('PutItem', { Item, ReturnConsumedCapacity: 'INDEXES' })
  assert.equal(put.ConsumedCapacity, {
    ...{ TableName, CapacityUnits: 3, Table: { CapacityUnits: 2 } },
    LocalSecondaryIndexes: { by_l: { CapacityUnits: 1 } },
  })
  const get = { Key: key('cap', 1), ReturnConsumedCapacity: 'TOTAL' }
  const eventual = await asked('GetItem', get)
  assert.equal(eventual.ConsumedCapacity, { TableName, CapacityUnits: 0.5 })
  const strong = await asked('GetItem', { ...get, ConsistentRead: true })
  assert.equal(strong.ConsumedCapacity, { TableName, CapacityUnits: 1 })
  const { ItemCollectionMetrics } = await asked('PutItem', {
    ...{ Item, ReturnItemCollectionMetrics: 'SIZE' },
  })
  assert.equal(ItemCollectionMetrics, {
    ...{ ItemCollectionKey: { a: { S: 'cap' } }, SizeEstimateRangeGB: [0, 1] },
  })
})

items('Query reads a table or an index, in both directions, in pages', async () => {
  for (let s = 1; s <= 5; s++) {
    await asked('PutItem', {
      Item: { ...key('q', s), l: { S: `${9 - s}` }, odd: { BOOL: s % 2 > 0 } },
    })
  }
  const values = { ':a': { S: 'q' }, ':two': { N: '2' }, ':yes': { BOOL: true } }
  const page = await asked('Query', {
    KeyConditionExpression: 'a = :a AND s >= :two',
    FilterExpression: 'odd = :yes',
    ExpressionAttributeValues: values,
    Limit: 2,
  })
  assert.is(page.Count, 1)
  assert.is(page.ScannedCount, 2)
  assert.equal(page.LastEvaluatedKey, key('q', 3))
  const numbers = async (body: object): Promise<readonly string[]> => {
    const { Items } = await asked('Query', {
      ...{ KeyConditionExpression: 'a = :a', ExpressionAttributeValues: { ':a': { S: 'q' } } },
      ...body,
    })
    return Items.map((item: { readonly s: { readonly N: string } }) => item.s.N)
  }
  assert.equal(await numbers({ ScanIndexForward: false }), ['5', '4', '3', '2', '1'])
  assert.equal(await numbers({ IndexName: 'by_l', Limit: 2 }), ['5', '4'])
  assert.equal(await numbers({ ExclusiveStartKey: key('q', 3) }), ['4', '5'])
  const count = await asked('Query', {
    ...{ KeyConditionExpression: 'a = :a', ExpressionAttributeValues: { ':a': { S: 'q' } } },
    Select: 'COUNT',
  })
  assert.equal(count, { Count: 5, ScannedCount: 5 })
  const whole = await asked('Query', {
    ...{ IndexName: 'by_l', Select: 'ALL_ATTRIBUTES', Limit: 1 },
    ...{ KeyConditionExpression: 'a = :a', ExpressionAttributeValues: { ':a': { S: 'q' } } },
  })
  assert.equal(Object.keys(whole.Items[0]).sort(), ['a', 'l', 'odd', 's'])
})

items('a Query that does not match the table answers 400', async () => {
  const query = (body: object) =>
    refused('Query', { ExpressionAttributeValues: { ':v': { S: 'x' } }, ...body })
  const missed = 'ValidationException: Query condition missed key schema element: a'
  assert.is(await query({ KeyConditionExpression: 's = :v' }), missed)
  assert.is(await query({ KeyConditionExpression: 'x = :v' }), missed)
  assert.is(
    await query({ KeyConditionExpression: 'a > :v' }),
    'ValidationException: Query key condition not supported',
  )
  assert.is(
    await query({ KeyConditionExpression: 'a = :v AND s = :v' }),
    'ValidationException: One or more parameter values were invalid: ' +
      'Condition parameter type does not match schema type',
  )
  assert.is(
    await query({ KeyConditionExpression: 'a = :v', IndexName: 'none' }),
    'ValidationException: The table does not have the specified index: none',
  )
  assert.is(
    await query({ KeyConditionExpression: 'a = :v', FilterExpression: 's = :v' }),
    'ValidationException: Filter Expression can only contain non-primary key attributes: ' +
      'Primary key attribute: s',
  )
  assert.is(
    await query({ KeyConditionExpression: 'a = :v', ExclusiveStartKey: { a: A } }),
    'ValidationException: The provided starting key is invalid',
  )
  assert.is(
    await query({ KeyConditionExpression: 'a = :v', ExclusiveStartKey: key('y', 1) }),
    'ValidationException: The provided starting key is outside query boundaries based on ' +
      'provided conditions',
  )
  assert.is(
    await query({
      KeyConditionExpression: 'a =',
      FilterExpression: 'b = b',
      ProjectionExpression: 'b.',
    }),
    'ValidationException: Invalid FilterExpression: The first operand must be distinct from the ' +
      'remaining operands for this operator or function; operator: =, first operand: [b]',
  )
  assert.is(
    await query({ KeyConditionExpression: 'a = :v', FilterExpression: 'a.b = :v' }),
    "ValidationException: Key attributes must be scalars; list random access '[]' and map " +
      "lookup '.' are not allowed: Key: a",
  )
  assert.match(
    await query({ KeyConditionExpression: 'a = :v', Select: 'ALL_PROJECTED_ATTRIBUTES' }),
    'can be used only when Querying using an IndexName',
  )
})

items('the segments of a Scan together are the whole table', async () => {
  const all = (await asked('Scan', { Select: 'COUNT' })).Count
  let sum = 0
  for (const Segment of [0, 1, 2]) {
    sum += (await asked('Scan', { Segment, TotalSegments: 3, Select: 'COUNT' })).Count
  }
  assert.is(sum, all)
  assert.match(await refused('Scan', { Segment: 3, TotalSegments: 3 }), 'is not less than Total')
  const { Items } = await asked('Scan', { IndexName: 'by_l', ProjectionExpression: 'l' })
  assert.ok(Items.length >= 5)
  assert.ok(Items.every((item: object) => Object.keys(item).join() === 'l'))
})

items('batches read and write; a batch with a repeated key answers 400', async () => {
  const put = (s: number) => ({ PutRequest: { Item: key('batch', s) } })
  const written = await call(service.port, 'BatchWriteItem', {
    ...{ RequestItems: { music: [put(1), put(2)] }, ReturnConsumedCapacity: 'TOTAL' },
  })
  assert.equal(written, {
    ...{ UnprocessedItems: {}, ConsumedCapacity: [{ TableName, CapacityUnits: 2 }] },
  })
  const keys = [1, 2, 3].map((s) => key('batch', s))
  const read = await call(service.port, 'BatchGetItem', {
    RequestItems: { music: { Keys: keys, ProjectionExpression: 's' } },
  })
  assert.equal(read.Responses, { music: [{ s: { N: '1' } }, { s: { N: '2' } }] })
  const repeated = 'ValidationException: Provided list of item keys contains duplicates'
  const again = { a: { S: 'batch' }, s: { N: '1.0' } }
  for (const [operation, music] of [
    ['BatchGetItem', { Keys: [keys[0], again] }],
    ['BatchGetItem', { Keys: [keys[0], again], ProjectionExpression: 's.' }],
    ['BatchWriteItem', [put(1), { DeleteRequest: { Key: again } }]],
  ] as const) {
    assert.is(await refusalOf(service.port, operation, { RequestItems: { music } }), repeated)
  }
  const empty = await refusalOf(service.port, 'BatchGetItem', { RequestItems: {} })
  assert.is(empty, 'ValidationException: The requestItems parameter is required for BatchGetItem')
})

items('several violated constraints are reported together, before other errors', async () => {
  assert.is(
    await refused('PutItem', {
      ReturnConsumedCapacity: 'X',
      ReturnValues: 'Y',
      ExpressionAttributeNames: {},
    }),
    "ValidationException: 3 validation errors detected: Value null at 'item' failed to satisfy " +
      "constraint: Member must not be null; Value 'X' at 'returnConsumedCapacity' failed to " +
      'satisfy constraint: Member must satisfy enum value set: [INDEXES, TOTAL, NONE]; Value ' +
      "'Y' at 'returnValues' failed to satisfy constraint: Member must satisfy enum value set: " +
      '[ALL_NEW, UPDATED_OLD, ALL_OLD, NONE, UPDATED_NEW]',
  )
})

items("a missing table is reported after errors in the request's form", async () => {
  const absent = (body: object) =>
    refusalOf(service.port, 'GetItem', { TableName: 'absent', ...body })
  assert.is(
    await absent({ Key: { x: A } }),
    'ResourceNotFoundException: Requested resource not found',
  )
  const malformed = await absent({ Key: { x: A }, ProjectionExpression: '!!! INVALID !!!' })
  assert.is(
    malformed,
    'ValidationException: Invalid ProjectionExpression: Syntax error; token: "!", near: "!!"',
  )
})

items.run()
