import * as assert from 'uvu/assert'
import { type InProcessService, startService } from '../../support/in-process-service.ts'
import { ask } from '../../support/raw-http.ts'
import { suite } from '../../support/suite.ts'
import { call, refusalOf, send } from './dynamodb-client.ts'

const tables = suite('tables of the DynamoDB wire')

const HASH = [{ AttributeName: 'a', KeyType: 'HASH' }]
const DEFINED = [{ AttributeName: 'a', AttributeType: 'S' }]
const BOTH = [...HASH, { AttributeName: 's', KeyType: 'RANGE' }]
const DEFINED_BOTH = [...DEFINED, { AttributeName: 's', AttributeType: 'N' }]
const PLAIN = {
  TableName: 'plain',
  AttributeDefinitions: DEFINED,
  KeySchema: HASH,
  BillingMode: 'PAY_PER_REQUEST',
}
const INVALID = 'ValidationException: One or more parameter values were invalid: '

let service: InProcessService
const asked = (operation: string, body: object) => call(service.port, operation, body)
const refused = (operation: string, body: object) => refusalOf(service.port, operation, body)

tables.before(async () => {
  service = await startService()
})
tables.after(() => service.close())

tables('a new table is CREATING, then ACTIVE, with its project in the ARN', async () => {
  const { TableDescription } = await asked('CreateTable', PLAIN)
  assert.is(TableDescription.TableStatus, 'CREATING')
  const { Table } = await asked('DescribeTable', { TableName: 'plain' })
  assert.is(Table.TableStatus, 'ACTIVE')
  assert.is(Table.TableArn, 'arn:aws:dynamodb:us-east-1:p1:table/plain')
  assert.equal(Table.KeySchema, HASH)
  assert.equal(Table.AttributeDefinitions, DEFINED)
  assert.is(Table.BillingModeSummary.BillingMode, 'PAY_PER_REQUEST')
  assert.is(
    await refused('CreateTable', PLAIN),
    'ResourceInUseException: Table already exists: plain',
  )
})

tables('DescribeTable or DeleteTable on a missing table answers 400 with its name', async () => {
  for (const operation of ['DescribeTable', 'DeleteTable']) {
    assert.is(
      await refused(operation, { TableName: 'absent' }),
      'ResourceNotFoundException: Requested resource not found: Table: absent not found',
    )
  }
})

tables('an invalid definition answers 400, and creates no table', async () => {
  const throughput = { ProvisionedThroughput: { ReadCapacityUnits: 1, WriteCapacityUnits: 1 } }
  const index = (over: object = {}) => ({
    IndexName: 'index',
    KeySchema: BOTH,
    Projection: { ProjectionType: 'ALL' },
    ...over,
  })
  const ranged = { AttributeDefinitions: DEFINED_BOTH, KeySchema: BOTH }
  for (const [over, refusal] of [
    [
      { TableName: undefined },
      "ValidationException: The parameter 'TableName' is required but was",
    ],
    [
      { TableName: 'ab' },
      "ValidationException: 1 validation error detected: Value 'ab' at 'tableName'",
    ],
    [
      { BillingMode: 'PROVISIONED' },
      `${INVALID}ReadCapacityUnits and WriteCapacityUnits must both`,
    ],
    [throughput, `${INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified`],
    [
      { KeySchema: BOTH },
      'ValidationException: Invalid KeySchema: Some index key attribute have no',
    ],
    [
      { AttributeDefinitions: DEFINED_BOTH },
      `${INVALID}Number of attributes in KeySchema does not`,
    ],
    [
      { ...ranged, KeySchema: [...BOTH].reverse() },
      'ValidationException: Invalid KeySchema: The first',
    ],
    [
      { KeySchema: [{ AttributeName: 'x', KeyType: 'HASH' }] },
      `${INVALID}Some index key attributes`,
    ],
    [{ LocalSecondaryIndexes: [] }, `${INVALID}List of LocalSecondaryIndexes is empty`],
    [{ LocalSecondaryIndexes: [index()] }, `${INVALID}Table KeySchema does not have a range key`],
    [
      { ...ranged, LocalSecondaryIndexes: [index(), index()] },
      `${INVALID}Duplicate index name: index`,
    ],
    [
      { ...ranged, LocalSecondaryIndexes: [index({ Projection: {} })] },
      `${INVALID}Unknown ProjectionType: null`,
    ],
    [
      { ...ranged, GlobalSecondaryIndexes: [index({ Projection: {} })] },
      `${INVALID}Unknown ProjectionType: null`,
    ],
    [
      { ...ranged, GlobalSecondaryIndexes: [index()] },
      'ValidationException: Global secondary indexes',
    ],
    [
      { StreamSpecification: { StreamEnabled: true } },
      'ValidationException: Streams are not supported',
    ],
    [{ SSESpecification: { Enabled: true } }, 'ValidationException: Encryption with keys'],
  ] as const) {
    const found = await refused('CreateTable', { ...PLAIN, TableName: 'contradiction', ...over })
    assert.ok(found.startsWith(refusal), `${JSON.stringify(over)}: ${found}`)
  }
  const { TableNames } = await asked('ListTables', {})
  assert.not.ok(TableNames.includes('contradiction'))
})

tables('throughput, class and protection are stored, described and updated', async () => {
  const TableName = 'settings'
  await asked('CreateTable', {
    ...{ ...PLAIN, TableName, BillingMode: undefined, TableClass: 'STANDARD_INFREQUENT_ACCESS' },
    ...{ ProvisionedThroughput: { ReadCapacityUnits: 3, WriteCapacityUnits: 4 } },
    DeletionProtectionEnabled: true,
  })
  const described = async () => (await asked('DescribeTable', { TableName })).Table
  const made = await described()
  assert.is(made.ProvisionedThroughput.ReadCapacityUnits, 3)
  assert.is(made.TableClassSummary.TableClass, 'STANDARD_INFREQUENT_ACCESS')
  assert.is(made.BillingModeSummary, undefined)
  assert.match(await refused('DeleteTable', { TableName }), 'protected against deletion')
  const v1 = await ask(service.port, {
    ...{ method: 'DELETE', target: `/v1/data/p1/tables/${TableName}` },
    headers: ['X-Auth-Token: ann:p1'],
  })
  assert.is(v1.status, 400)
  const same = { ProvisionedThroughput: { ReadCapacityUnits: 3, WriteCapacityUnits: 4 } }
  assert.match(await refused('UpdateTable', { TableName, ...same }), 'will not change')
  const more = { ProvisionedThroughput: { ReadCapacityUnits: 5, WriteCapacityUnits: 4 } }
  const { TableDescription } = await asked('UpdateTable', { TableName, ...more })
  assert.is(TableDescription.TableStatus, 'UPDATING')
  const raised = (await described()).ProvisionedThroughput
  assert.is(raised.ReadCapacityUnits, 5)
  assert.ok(raised.LastIncreaseDateTime > 0)
  await asked('UpdateTable', { TableName, BillingMode: 'PAY_PER_REQUEST', TableClass: 'STANDARD' })
  const changed = await described()
  assert.is(changed.BillingModeSummary.BillingMode, 'PAY_PER_REQUEST')
  assert.is(changed.ProvisionedThroughput.ReadCapacityUnits, 0)
  await asked('UpdateTable', { TableName, BillingMode: 'PROVISIONED', ...more })
  const again = (await described()).BillingModeSummary
  assert.is(again.BillingMode, 'PROVISIONED')
  assert.ok(again.LastUpdateToPayPerRequestDateTime > 0)
  await asked('UpdateTable', { TableName, DeletionProtectionEnabled: false })
  assert.is((await asked('DeleteTable', { TableName })).TableDescription.TableStatus, 'DELETING')
  assert.match(await refused('UpdateTable', { TableName: 'plain' }), 'At least one of Provisioned')
})

tables('ListTables returns pages, and a last name only if others follow', async () => {
  for (const TableName of ['page1', 'page2']) await asked('CreateTable', { ...PLAIN, TableName })
  const first = await asked('ListTables', { Limit: 1 })
  assert.is(first.TableNames.length, 1)
  const next = { ExclusiveStartTableName: first.LastEvaluatedTableName }
  const others: string[] = (await asked('ListTables', next)).TableNames
  assert.not.ok(others.includes(first.TableNames[0]))
  const Limit = others.length
  assert.equal(await asked('ListTables', { ...next, Limit }), { TableNames: others })
  const shorter = await asked('ListTables', { ...next, Limit: Limit - 1 })
  assert.is(shorter.LastEvaluatedTableName, others.at(-2))
})

tables('tags of a table are returned to its project only', async () => {
  const ResourceArn = 'arn:aws:dynamodb:us-east-1:p1:table/plain'
  assert.equal(await asked('ListTagsOfResource', { ResourceArn }), { Tags: [] })
  const Tags = ['a', 'b'].map((Key) => ({ Key, Value: `of ${Key}` }))
  const tag = await send(service.port, 'TagResource', { ResourceArn, Tags })
  assert.is(tag.status, 200)
  await send(service.port, 'UntagResource', { ResourceArn, TagKeys: ['a', 'c'] })
  assert.equal(await asked('ListTagsOfResource', { ResourceArn }), {
    Tags: [{ Key: 'b', Value: 'of b' }],
  })
  const foreign = 'arn:aws:dynamodb:us-east-1:p2:table/plain'
  assert.match(await refused('ListTagsOfResource', { ResourceArn: foreign }), 'AccessDenied')
  assert.match(await refused('ListTagsOfResource', { ResourceArn: 'arn:x' }), 'Invalid TableArn')
  const absent = 'arn:aws:dynamodb:us-east-1:p1:table/absent'
  assert.match(await refused('ListTagsOfResource', { ResourceArn: absent }), 'ResourceNotFound')
})

tables('DescribeLimits and DescribeEndpoints answer 200', async () => {
  assert.ok((await asked('DescribeLimits', {})).TableMaxReadCapacityUnits > 0)
  const { Endpoints } = await asked('DescribeEndpoints', {})
  assert.is(Endpoints[0].Address, `127.0.0.1:${service.port}`)
})

tables.run()
