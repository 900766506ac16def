import * as assert from 'uvu/assert'
import { type InProcessService, startService } from '../../support/in-process-service.ts'
import { suite } from '../../support/suite.ts'
import { call, refusalOf } from './dynamodb-client.ts'

const legacy = suite('legacy parameters of the DynamoDB wire')

const TableName = 'legacy'
const S = (text: string) => ({ S: text })
const N = (number: number) => ({ N: `${number}` })
const is = (ComparisonOperator: string, ...AttributeValueList: object[]) => ({
  ...{ ComparisonOperator, AttributeValueList },
})
const INVALID = 'ValidationException: One or more parameter values were invalid: '
const FAILED = 'ConditionalCheckFailedException: The conditional request failed'

let service: InProcessService
const asked = (operation: string, body: object) =>
  call(service.port, operation, { TableName, ...body })
const refused = (operation: string, body: object) =>
  refusalOf(service.port, operation, { TableName, ...body })

legacy.before(async () => {
  service = await startService()
  await call(service.port, 'CreateTable', {
    TableName,
    AttributeDefinitions: [
      { AttributeName: 'h', AttributeType: 'S' },
      { AttributeName: 'r', AttributeType: 'N' },
    ],
    KeySchema: [
      { AttributeName: 'h', KeyType: 'HASH' },
      { AttributeName: 'r', KeyType: 'RANGE' },
    ],
    BillingMode: 'PAY_PER_REQUEST',
  })
  for (let r = 1; r <= 4; r++) {
    const odd = r % 2 > 0 ? { odd: { SS: ['yes', `${r}`] } } : {}
    await asked('PutItem', { Item: { h: S('x'), r: N(r), txt: S(`text ${r}`), ...odd } })
  }
})
legacy.after(() => service.close())

const found = async (operation: string, body: object): Promise<string> => {
  const { Items } = await asked(operation, body)
  const numbers = Items.map(({ r }: { readonly r: { readonly N: string } }) => r.N)
  return numbers.sort().join()
}

legacy('Query with KeyConditions and QueryFilter finds the matching items', async () => {
  const h = is('EQ', S('x'))
  const query = (KeyConditions: object, more: object = {}) =>
    found('Query', { KeyConditions, ...more })
  assert.is(await query({ h }), '1,2,3,4')
  assert.is(await query({ h, r: is('BETWEEN', N(2), N(3)) }), '2,3')
  assert.is(await query({ h, r: is('GT', N(2)) }), '3,4')
  assert.is(await query({ h }, { QueryFilter: { txt: is('BEGINS_WITH', S('text 3')) } }), '3')
  assert.match(
    await refused('Query', { KeyConditions: { h: is('NE', S('x')) } }),
    'not an indexable',
  )
  assert.match(
    await refused('Query', { KeyConditions: { h }, QueryFilter: { r: is('EQ', N(1)) } }),
    'QueryFilter can only contain non-primary key attributes: Primary key attribute: r',
  )
  assert.match(await refused('Query', {}), 'Either the KeyConditions or KeyConditionExpression')
})

legacy('Scan with each operator of ScanFilter finds the matching items', async () => {
  for (const [condition, numbers] of [
    [{ txt: is('EQ', S('text 1')) }, '1'],
    [{ txt: is('NE', S('text 1')) }, '2,3,4'],
    [{ odd: is('NE', { SS: ['yes'] }) }, '1,2,3,4'],
    [{ r: is('LE', N(2)) }, '1,2'],
    [{ r: is('LT', N(2)) }, '1'],
    [{ r: is('GE', N(3)) }, '3,4'],
    [{ odd: is('NOT_NULL') }, '1,3'],
    [{ odd: is('NULL') }, '2,4'],
    [{ odd: is('CONTAINS', S('3')) }, '3'],
    [{ odd: is('NOT_CONTAINS', S('3')) }, '1'],
    [{ r: is('IN', N(1), N(4)) }, '1,4'],
    [{ r: is('BETWEEN', N(2), N(3)) }, '2,3'],
  ] as const) {
    assert.is(await found('Scan', { ScanFilter: condition }), numbers, JSON.stringify(condition))
  }
  const both = { r: is('EQ', N(1)), txt: is('EQ', S('text 2')) }
  assert.is(await found('Scan', { ScanFilter: both, ConditionalOperator: 'OR' }), '1,2')
  assert.is(await found('Scan', { ScanFilter: both, ConditionalOperator: 'AND' }), '')
})

legacy('operands that an operator does not accept answer 400', async () => {
  const scan = (condition: object) => refused('Scan', { ScanFilter: { x: condition } })
  const count = `${INVALID}Invalid number of argument(s) for the`
  assert.is(await scan(is('EQ')), `${count} EQ ComparisonOperator`)
  assert.is(await scan(is('NULL', S('x'))), `${count} NULL ComparisonOperator`)
  assert.is(
    await scan(is('IN', S('x'), N(1))),
    `${INVALID}AttributeValues inside AttributeValueList must be of same type`,
  )
  assert.is(
    await scan(is('LT', { SS: ['x'] })),
    `${INVALID}ComparisonOperator LT is not valid for SS AttributeValue type`,
  )
  assert.match(await scan(is('IN', N(1), { NULL: true })), 'IN is not valid for NULL')
  assert.match(await scan(is('BETWEEN', N(2), N(1))), 'lower bound is greater than the upper')
  const many = Array.from({ length: 101 }, (_, i) => N(i))
  assert.is(await scan(is('IN', ...many)), `${count} IN ComparisonOperator`)
  const conditions = many.flatMap((_, i) => [0, 1, 2].map((k) => [`a${i}_${k}`, is('NULL')]))
  const told = await refused('Scan', { ScanFilter: Object.fromEntries(conditions) })
  assert.is(told, `${INVALID}A request may hold no more than 300 conditions`)
  assert.match(await scan(is('LIKE', N(2))), "'scanFilter.x.member.comparisonOperator'")
})

legacy('Expected with Exists, Value or an operator decides about a write', async () => {
  const Item = { h: S('e'), r: N(1), n: N(5) }
  const put = (Expected: object, more: object = {}) => asked('PutItem', { Item, Expected, ...more })
  const failed = (Expected: object, more: object = {}) =>
    refused('PutItem', { Item, Expected, ...more })
  await put({ h: { Exists: false } })
  assert.is(await failed({ h: { Exists: false } }), FAILED)
  await put({ n: { Value: N(5) } })
  await put({ n: is('GT', N(4)), h: is('BEGINS_WITH', S('e')) })
  assert.is(await failed({ n: is('GT', N(4)), h: { Value: S('f') } }), FAILED)
  await put({ n: is('GT', N(4)), h: { Value: S('f') } }, { ConditionalOperator: 'OR' })
  for (const [expectation, message] of [
    [{ Exists: true }, 'Value must be provided when Exists is true for Attribute: n'],
    [{}, 'Value must be provided when Exists is null for Attribute: n'],
    [{ Exists: false, Value: N(1) }, 'Value cannot be used when Exists is false for Attribute: n'],
    [{ ...is('EQ', N(1)), Exists: true }, 'Exists and ComparisonOperator cannot be used together'],
    [{ ...is('EQ', N(1)), Value: N(1) }, 'Value and AttributeValueList cannot be used together'],
    [
      { ComparisonOperator: 'EQ' },
      'Value or AttributeValueList must be used with ComparisonOperator',
    ],
    [
      { AttributeValueList: [N(1)] },
      'AttributeValueList can only be used with a ComparisonOperator',
    ],
  ] as const) {
    const told = await failed({ n: expectation })
    assert.ok(told.startsWith(INVALID + message), `${JSON.stringify(expectation)}: ${told}`)
  }
})

legacy('a bad condition beside a ConditionalOperator is reported first', async () => {
  const ConditionalOperator = 'AND'
  const [one, bad] = [{ x: is('NULL') }, { x: is('EQ') }]
  const fewer = 'ConditionalOperator can only be used when Filter or Expected has at least two'
  const key = { h: S('joined'), r: N(1) }
  for (const [operation, member, more] of [
    ['Scan', 'ScanFilter', {}],
    ['PutItem', 'Expected', { Item: key }],
    ['UpdateItem', 'Expected', { Key: key }],
  ] as const) {
    const told = (conditions: object) =>
      refused(operation, { ...more, [member]: conditions, ConditionalOperator })
    assert.match(await told(bad), 'Invalid number of argument(s) for the EQ', operation)
    assert.match(await told(one), fewer, operation)
  }
})

legacy('a filter with several bad conditions reports the first', async () => {
  const ScanFilter = { x: is('LT', { L: [] }), y: is('EQ') }
  assert.match(await refused('Scan', { ScanFilter }), 'LT is not valid for L AttributeValue type')
})

legacy('UpdateItem with each action of AttributeUpdates changes the item', async () => {
  const Key = { h: S('u'), r: N(1) }
  const update = (AttributeUpdates: object) =>
    asked('UpdateItem', { Key, AttributeUpdates, ReturnValues: 'ALL_NEW' })
  await update({
    n: { Action: 'ADD', Value: N(2) },
    set: { Action: 'ADD', Value: { SS: ['a', 'b'] } },
    list: { Action: 'ADD', Value: { L: [N(1)] } },
    txt: { Value: S('put') },
  })
  const { Attributes } = await update({
    n: { Action: 'ADD', Value: N(3) },
    set: { Action: 'DELETE', Value: { SS: ['a'] } },
    list: { Action: 'ADD', Value: { L: [N(2)] } },
    txt: { Action: 'DELETE' },
  })
  assert.equal(Attributes, {
    ...{ ...Key, n: N(5), set: { SS: ['b'] }, list: { L: [N(1), N(2)] } },
  })
  const told = (each: object) => refused('UpdateItem', { Key, AttributeUpdates: { x: each } })
  assert.match(
    await told({ Action: 'PUT' }),
    'Only DELETE action is allowed when no attribute value',
  )
  assert.match(
    await told({ Action: 'ADD', Value: S('x') }),
    'ADD action is not supported for the type STRING',
  )
  assert.match(
    await told({ Action: 'DELETE', Value: N(1) }),
    'is not supported for the type NUMBER',
  )
  await update({ x: { Value: S('text') } })
  const mismatch = 'ValidationException: Type mismatch for attribute to update'
  assert.is(await told({ Action: 'ADD', Value: N(1) }), mismatch)
  assert.is(await told({ Action: 'ADD', Value: { L: [] } }), mismatch)
  assert.is(await told({ Action: 'DELETE', Value: { SS: ['x'] } }), mismatch)
})

legacy('AttributesToGet selects the returned attributes', async () => {
  const Key = { h: S('x'), r: N(1) }
  assert.equal(await asked('GetItem', { Key, AttributesToGet: ['r', 'none'] }), {
    Item: { r: N(1) },
  })
  const twice = await refused('GetItem', { Key, AttributesToGet: ['r', 'r'] })
  assert.is(twice, `${INVALID}Duplicate value in attribute name: r`)
  const empty = await refused('GetItem', { Key, AttributesToGet: ['r', ''] })
  assert.is(empty, 'ValidationException: Empty attribute name')
})

legacy('a request with legacy parameters and expressions answers 400', async () => {
  assert.is(
    await refused('PutItem', {
      ...{ Item: { h: S('x'), r: N(1) }, Expected: { h: { Exists: false } } },
      ConditionExpression: 'attribute_not_exists(h)',
    }),
    'ValidationException: Can not use both expression and non-expression parameters in the same ' +
      'request: Non-expression parameters: {Expected} Expression parameters: {ConditionExpression}',
  )
  const KeyConditions = { h: is('EQ', S('x')) }
  assert.is(await found('Query', { KeyConditions, ProjectionExpression: 'r' }), '1,2,3,4')
  assert.match(
    await refused('Scan', { ExpressionAttributeNames: { '#a': 'a' } }),
    'ExpressionAttributeNames can only be specified when using expressions',
  )
  assert.match(
    await refused('Scan', { ExpressionAttributeValues: { ':a': S('a') } }),
    'when using expressions: FilterExpression is null',
  )
})

legacy.run()
