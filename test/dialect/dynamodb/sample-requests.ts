/** A table, and a valid request of each operation, for tests to change. */

const keySchema = (hash: string, range: string) => [
  { AttributeName: hash, KeyType: 'HASH' },
  { AttributeName: range, KeyType: 'RANGE' },
]

/** A table with a local index, `by_l`, which has the attributes of this projection. */
export const musicTable = (Projection: object) => ({
  TableName: 'music',
  AttributeDefinitions: [
    { AttributeName: 'a', AttributeType: 'S' },
    { AttributeName: 's', AttributeType: 'N' },
    { AttributeName: 'l', AttributeType: 'S' },
  ],
  KeySchema: keySchema('a', 's'),
  BillingMode: 'PAY_PER_REQUEST',
  LocalSecondaryIndexes: [{ IndexName: 'by_l', KeySchema: keySchema('a', 'l'), Projection }],
})

const KEY = { a: { S: 'x' }, s: { N: '1.5' } }
const ITEM = {
  ...KEY,
  l: { S: 'of the index' },
  set: { SS: ['b', 'a'] },
  numbers: { NS: ['1', '2'] },
  doc: { M: { list: { L: [{ M: { n: { N: '1' } } }, { NULL: true }, { B: 'YQ==' }] } } },
}
const NAMES = { '#d': 'doc', '#l': 'list' }
const CONDITION =
  'attribute_not_exists(vacant) AND (#d.#l[0].n >= :n OR size(l) BETWEEN :n AND :m) ' +
  'AND NOT contains(l, :t)'
const VALUES = { ':n': { N: '1' }, ':m': { N: '20' }, ':t': { S: 'x' } }
const CAPACITY = { ReturnConsumedCapacity: 'INDEXES', ReturnItemCollectionMetrics: 'SIZE' }
const equals = (value: object) => ({ ComparisonOperator: 'EQ', AttributeValueList: [value] })
const READ = { Keys: [KEY], ProjectionExpression: '#d', ExpressionAttributeNames: { '#d': 'doc' } }
const WRITES = [
  { PutRequest: { Item: ITEM } },
  { DeleteRequest: { Key: { ...KEY, s: { N: '3' } } } },
]
const ARN = 'arn:aws:dynamodb:us-east-1:p1:table/music'

export const SAMPLE_TABLE = {
  ...musicTable({ ProjectionType: 'INCLUDE', NonKeyAttributes: ['doc', 'cnt'] }),
  Tags: [{ Key: 'k', Value: 'v' }],
}

const onMusic = (operation: string, body: object) =>
  [operation, { TableName: 'music', ...body }] as const

export const SAMPLE_REQUESTS: readonly (readonly [operation: string, body: object])[] = [
  ['CreateTable', { ...SAMPLE_TABLE, TableName: 'another' }],
  ['ListTables', { Limit: 5, ExclusiveStartTableName: 'abc' }],
  onMusic('DescribeTable', {}),
  onMusic('UpdateTable', { BillingMode: 'PAY_PER_REQUEST', DeletionProtectionEnabled: false }),
  ['DeleteTable', { TableName: 'another' }],
  onMusic('PutItem', {
    ...{ Item: ITEM, ReturnValues: 'ALL_OLD', ...CAPACITY },
    ConditionExpression: 'attribute_not_exists(vacant)',
  }),
  onMusic('PutItem', {
    ...{ Item: ITEM, ConditionalOperator: 'OR' },
    Expected: { vacant: { Exists: false }, a: equals({ S: 'x' }) },
  }),
  onMusic('GetItem', {
    ...{ Key: KEY, ConsistentRead: true, ReturnConsumedCapacity: 'TOTAL' },
    ...{ ProjectionExpression: 'l, #d.#l[1]', ExpressionAttributeNames: NAMES },
  }),
  onMusic('GetItem', { Key: KEY, AttributesToGet: ['l', 'doc'] }),
  onMusic('UpdateItem', {
    Key: KEY,
    UpdateExpression:
      'SET #d.#l[0].n = if_not_exists(#d.#l[0].n, :n) + :m, x = list_append(:list, #d.#l) ' +
      'REMOVE y, #d.z ADD cnt :n DELETE #s :s',
    ConditionExpression: 'attribute_exists(a) OR l <> :t',
    ExpressionAttributeNames: { ...NAMES, '#s': 'set' },
    ExpressionAttributeValues: { ...VALUES, ':list': { L: [] }, ':s': { SS: ['z'] } },
    ReturnValues: 'UPDATED_NEW',
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  }),
  onMusic('UpdateItem', {
    Key: KEY,
    AttributeUpdates: {
      cnt: { Action: 'ADD', Value: { N: '1' } },
      txt: { Action: 'PUT', Value: { S: 'x' } },
      set: { Action: 'DELETE', Value: { SS: ['q'] } },
    },
  }),
  onMusic('DeleteItem', {
    ...{ Key: { ...KEY, s: { N: '7' } }, ReturnValues: 'ALL_OLD' },
    ...{ ConditionExpression: CONDITION, ExpressionAttributeNames: NAMES },
    ExpressionAttributeValues: VALUES,
  }),
  onMusic('Query', {
    KeyConditionExpression: 'a = :t AND s BETWEEN :n AND :m',
    FilterExpression: `begins_with(l, :o) AND ${CONDITION} AND attribute_type(#d, :type)`,
    ProjectionExpression: 'a, #d.#l',
    ExpressionAttributeNames: NAMES,
    ExpressionAttributeValues: { ...VALUES, ':o': { S: 'o' }, ':type': { S: 'M' } },
    ...{ Limit: 3, ScanIndexForward: false, ExclusiveStartKey: KEY, ConsistentRead: true },
    ...{ Select: 'SPECIFIC_ATTRIBUTES', ReturnConsumedCapacity: 'INDEXES' },
  }),
  onMusic('Query', {
    ...{ IndexName: 'by_l', Select: 'ALL_ATTRIBUTES' },
    KeyConditions: { a: equals({ S: 'x' }), l: equals({ S: 'x' }) },
    QueryFilter: { s: { ComparisonOperator: 'NOT_NULL' } },
  }),
  onMusic('Scan', {
    ...{ FilterExpression: 's IN (:n, :m)', IndexName: 'by_l', Segment: 0, TotalSegments: 2 },
    ExpressionAttributeValues: { ':n': { N: '1' }, ':m': { N: '2' } },
  }),
  onMusic('Scan', {
    ...{ ScanFilter: { l: equals({ S: 'x' }), cnt: equals({ N: '1' }) }, Select: 'COUNT' },
    ...{ ConditionalOperator: 'OR', Limit: 2, ExclusiveStartKey: KEY },
  }),
  ['BatchGetItem', { RequestItems: { music: READ }, ReturnConsumedCapacity: 'INDEXES' }],
  ['BatchWriteItem', { RequestItems: { music: WRITES }, ...CAPACITY }],
  onMusic('UpdateTimeToLive', {
    TimeToLiveSpecification: { AttributeName: 'until', Enabled: true },
  }),
  onMusic('DescribeTimeToLive', {}),
  ['TagResource', { ResourceArn: ARN, Tags: [{ Key: 'a', Value: 'b' }] }],
  ['UntagResource', { ResourceArn: ARN, TagKeys: ['a'] }],
  ['ListTagsOfResource', { ResourceArn: ARN }],
  ['DescribeLimits', {}],
  ['DescribeEndpoints', {}],
]
