import * as assert from 'uvu/assert'
import { type InProcessService, startService } from '../../support/in-process-service.ts'
import { suite } from '../../support/suite.ts'
import { call, refusalOf } from './dynamodb-client.ts'
import { musicTable } from './music-table.ts'

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

queries.run()
