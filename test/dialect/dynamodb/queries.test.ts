import * as assert from 'uvu/assert'
import { type InProcessService, startService } from '../../support/in-process-service.ts'
import { suite } from '../../support/suite.ts'
import { call, refusalOf } from './dynamodb-client.ts'
import { musicTable } from './sample-requests.ts'

const queries = suite('refused queries of the DynamoDB wire')

const TableName = 'music'

let service: InProcessService
const asked = (body: object) => call(service.port, 'Query', { TableName, ...body })
const refused = (body: object) => refusalOf(service.port, 'Query', { TableName, ...body })

queries.before(async () => {
  service = await startService()
  await call(service.port, 'CreateTable', musicTable({ ProjectionType: 'KEYS_ONLY' }))
})
queries.after(() => service.close())

queries('errors in key conditions are reported after other errors of a Query', async () => {
  const key = (operator: string) => ({
    a: { ComparisonOperator: operator, AttributeValueList: [{ N: '1' }] },
  })
  const FilterExpression = 'attribute_exists('
  for (const [body, message] of [
    [{ KeyConditionExpression: 'a = a', FilterExpression }, 'Invalid FilterExpression: Syntax'],
    [{ KeyConditionExpression: 'a = b' }, 'ExpressionAttributeValues unused in expressions'],
    [{ KeyConditions: key('BETWEEN'), FilterExpression }, 'Invalid FilterExpression: Syntax'],
  ] as const) {
    const values = { ExpressionAttributeValues: { ':v': { S: 'x' } } }
    assert.match(await refused({ ...values, ...body }), message)
  }
  const QueryFilter = { x: { ComparisonOperator: 'LT', AttributeValueList: [{ BOOL: true }] } }
  const legacy = { QueryFilter, ConditionalOperator: 'OR' }
  for (const [operator, message] of [
    ['BEGINS_WITH', 'ComparisonOperator BEGINS_WITH is not valid for N AttributeValue type'],
    ['EQ', 'ComparisonOperator LT is not valid for BOOL AttributeValue type'],
  ] as const) {
    assert.match(await refused({ ...legacy, KeyConditions: key(operator) }), message)
  }
})

queries('a filter on attributes that the index does not project answers 400', async () => {
  const values = { ExpressionAttributeValues: { ':v': { S: 'x' } } }
  const unprojected =
    'ValidationException: One or more parameter values were invalid: Secondary index by_l does ' +
    'not project one or more filter attributes: [odd, zed]'
  const byExpression = { IndexName: 'by_l', KeyConditionExpression: 'a = :v', ...values }
  const FilterExpression = 'zed.x = :v OR odd = :v OR s = :v'
  assert.is(await refused({ ...byExpression, FilterExpression }), unprojected)
  const isX = { ComparisonOperator: 'EQ', AttributeValueList: [{ S: 'x' }] }
  const legacy = { IndexName: 'by_l', KeyConditions: { a: isX } }
  assert.is(await refused({ ...legacy, QueryFilter: { zed: isX, odd: isX } }), unprojected)
  assert.is((await asked({ ...legacy, QueryFilter: { s: isX } })).Count, 0)
})

queries('a wrong Select beside a bad condition is reported last', async () => {
  const Select = 'SPECIFIC_ATTRIBUTES'
  const values = { ExpressionAttributeValues: { ':v': { S: 'x' } } }
  const isSame = { FilterExpression: 'zed = zed' }
  const unlisted = 'Must specify the AttributesToGet or ProjectionExpression when choosing to get'
  const keyed = { KeyConditionExpression: 'a = :v', ...values }
  assert.match(await refused({ Select, ...keyed, ...isSame }), 'first operand must be distinct')
  assert.match(await refused({ Select, ...keyed }), unlisted)
  const scan = (body: object) => refusalOf(service.port, 'Scan', { TableName, Select, ...body })
  assert.match(await scan(isSame), 'first operand must be distinct')
  const ScanFilter = { x: { ComparisonOperator: 'EQ' } }
  assert.match(await scan({ ScanFilter }), 'Invalid number of argument(s) for the EQ')
  assert.match(await scan({}), unlisted)
})

queries('a bad start key is reported after bad expressions and key conditions', async () => {
  const values = { ':v': { S: 'x' }, ':e': { S: '' } }
  const query = (KeyConditionExpression: string, ExclusiveStartKey: object) =>
    refused({ KeyConditionExpression, ExclusiveStartKey, ExpressionAttributeValues: values })
  const malformed = { a: { S: 'x' }, s: { N: 'none' } }
  assert.match(await query('a = :v AND a = :e', malformed), 'one condition per key')
  assert.match(
    await query('a = :v AND s = :e', { a: { S: 'x' } }),
    'Condition parameter type does not match schema type',
  )
  const scan = (body: object) =>
    refusalOf(service.port, 'Scan', { TableName, ExclusiveStartKey: malformed, ...body })
  assert.match(await scan({ Segment: 0 }), 'The provided starting key is invalid: ')
  assert.match(await scan({ FilterExpression: 'x = x' }), 'first operand must be distinct')
})

queries('a key condition with an empty value answers 400', async () => {
  const empty = 'The AttributeValue for a key attribute cannot contain an empty string value.'
  const query = (KeyConditionExpression: string, index: object = {}) => {
    const values = Object.entries({ ':v': { S: 'x' }, ':e': { S: '' } })
    const used = values.filter(([name]) => KeyConditionExpression.includes(name))
    return refused({
      ...{ KeyConditionExpression, ...index },
      ExpressionAttributeValues: Object.fromEntries(used),
    })
  }
  const ofIndex = { IndexName: 'by_l' }
  const told =
    'ValidationException: One or more parameter values are not valid. A value specified for a ' +
    `secondary index key is not supported. ${empty} IndexName: by_l, IndexKey: l`
  assert.is(await query('a = :v AND l < :e', ofIndex), told)
  assert.is(await query('a = :e', ofIndex), told.replace('IndexKey: l', 'IndexKey: a'))
  const ofTable = `ValidationException: One or more parameter values are not valid. ${empty} Key: a`
  assert.is(await query('a = :e'), ofTable)
  assert.match(await query('a < :e'), 'Query key condition not supported')
  assert.is(await query('a = :v AND l BETWEEN :e AND :v', ofIndex), told)
})

queries.run()
