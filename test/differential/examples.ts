/**
 * One request for each known difference that random requests meet too seldom for a run to be sure
 * of it. They need nothing but the tables of the run, and change one item of their own.
 */

import type { Request } from './requests.ts'
import { type Json, keySchema } from './tables.ts'

const Key = { p: { S: 'a' }, r: { N: '1' } }
const Item = Key
const LISTED = { p: { S: 'listed' }, r: { N: '1' } }
const TableName = 'Pairs'
const STRINGS = ['a', 'b', 'c'].map((AttributeName) => ({ AttributeName, AttributeType: 'S' }))

function example(operation: string, body: Json): Request {
  return { operation, body: { TableName, ...body } }
}

function compared(ComparisonOperator: string, value: Json): Json {
  return { ComparisonOperator, AttributeValueList: [value] }
}

function queried(KeyConditionExpression: string, value: Json, more: Json = {}): Request {
  const ExpressionAttributeValues = { ':v': value }
  return example('Query', { KeyConditionExpression, ExpressionAttributeValues, ...more })
}

/** A scan with one value. */
function filtered(FilterExpression: string, value: Json): Request {
  return example('Scan', { FilterExpression, ExpressionAttributeValues: { ':v': value } })
}

function created(members: Json): Request {
  return example('CreateTable', {
    TableName: 'Example',
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: STRINGS,
    KeySchema: keySchema('a', 'b'),
    ...members,
  })
}

function localIndex(IndexName: string, hash = 'a'): Json {
  return { IndexName, KeySchema: keySchema(hash, 'c'), Projection: { ProjectionType: 'ALL' } }
}

export const EXAMPLES: readonly Request[] = [
  example('GetItem', { Key, ReturnConsumedCapacity: 'no-such' }),
  example('GetItem', { Key: { p: { S: 'a' } } }),
  example('GetItem', { Key: { p: { S: 'a' }, r: { S: '1' } } }),
  example('GetItem', { Key: { p: { S: 1 }, r: { N: '1' } } }),
  example('GetItem', { Key, ProjectionExpression: '#undefined, m1.a, m1' }),
  example('GetItem', {}),
  example('DeleteItem', { Key: { p: { S: 'none' }, r: { N: '1' } } }),
  example('PutItem', { Item: { ...Item, n1: { N: '1'.repeat(39) } } }),
  example('PutItem', { Item: { ...Item, ss: { SS: ['a', 'a'] } } }),
  example('PutItem', { Item: { p: { S: 'a' } } }),
  example('PutItem', { Item, ConditionExpression: 'attribute_exists(Size)' }),
  example('DeleteItem', { Key: { p: { S: 'a' } }, ConditionExpression: 's1 = s1' }),
  example('UpdateItem', {
    Key,
    AttributeUpdates: { s1: { Action: 'ADD', Value: { S: 'a' } } },
    Expected: { s2: compared('BEGINS_WITH', { N: '1' }) },
  }),
  example('PutItem', { Item: { ...LISTED, l1: { L: [{ N: '1' }, { N: '2' }] } } }),
  example('UpdateItem', {
    Key: LISTED,
    UpdateExpression: 'SET l1[0] = l1[1]',
    ReturnValues: 'UPDATED_OLD',
  }),
  example('Scan', { Segment: 0 }),
  example('Scan', { Select: 'SPECIFIC_ATTRIBUTES' }),
  example('Scan', { ExclusiveStartKey: { p: { S: 'a' } } }),
  example('Scan', { ExclusiveStartKey: { p: { S: 'a' }, r: { S: '1' } } }),
  example('Scan', { ScanFilter: { s1: compared('EQ', { S: 'a' }) }, ConditionalOperator: 'OR' }),
  example('Scan', { ScanFilter: { t1: compared('CONTAINS', { BOOL: true }) } }),
  example('Scan', { FilterExpression: 'attribute_type(s1, s2)' }),
  filtered('s1.:v = :v', { S: 'a' }),
  filtered('', { S: 'a' }),
  filtered('s1 = :v', { L: [{ S: 1 }] }),
  queried('r = :v', { N: '1' }),
  queried('p = :v', { S: 'a' }, { ExclusiveStartKey: { p: { S: 'b' }, r: { N: '1' } } }),
  example('Query', { KeyConditions: {} }),
  { operation: 'BatchGetItem', body: {} },
  {
    operation: 'BatchWriteItem',
    body: {
      RequestItems: { Pairs: [{ DeleteRequest: { Key: { p: { S: 'none' }, r: { N: '1' } } } }] },
      ReturnConsumedCapacity: 'TOTAL',
    },
  },
  { operation: 'DescribeTable', body: {} },
  example('DescribeTable', { TableName: 'Nothing' }),
  example('UpdateTable', {}),
  example('CreateTable', { ...created({}).body, TableName }),
  created({ LocalSecondaryIndexes: [localIndex('twice'), localIndex('twice')] }),
  created({ LocalSecondaryIndexes: [localIndex('other', 'b')] }),
  created({
    BillingMode: 'PROVISIONED',
    LocalSecondaryIndexes: [{ ...localIndex('one'), Projection: {} }],
  }),
]
