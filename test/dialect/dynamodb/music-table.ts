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
