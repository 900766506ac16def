import { list } from '../../shapes/collections.ts'
import { integer, text } from '../../shapes/scalars.ts'
import { mandatory, type Read, structure } from '../../shapes/shape.ts'
import { newName } from '../parameters.ts'

/** Characters in the name of an attribute that is a key or is named by an index. */
const NAME_LENGTH_MAX = 255
const attributeName = text({ lengthMin: 1, lengthMax: NAME_LENGTH_MAX })

export const tags = list(
  structure({
    Key: mandatory(text({ lengthMin: 1, lengthMax: 128 })),
    Value: mandatory(text({ lengthMax: 256 })),
  }),
)

export const provisionedThroughput = structure({
  WriteCapacityUnits: mandatory(integer({ min: 1, isLong: true })),
  ReadCapacityUnits: mandatory(integer({ min: 1, isLong: true })),
})

export const keySchema = list(
  structure(
    {
      AttributeName: mandatory(attributeName),
      KeyType: mandatory(text<'HASH' | 'RANGE'>({ values: ['HASH', 'RANGE'] })),
    },
    'KeySchemaElement',
  ),
  { lengthMin: 1, lengthMax: 2 },
)

const projection = structure({
  ProjectionType: text<'ALL' | 'INCLUDE' | 'KEYS_ONLY'>({
    values: ['ALL', 'INCLUDE', 'KEYS_ONLY'],
  }),
  NonKeyAttributes: list(attributeName, { lengthMin: 1 }),
})

const indexMembers = {
  IndexName: mandatory(newName),
  KeySchema: mandatory(keySchema),
  Projection: mandatory(projection),
}

export const localIndexes = list(structure(indexMembers))
export const globalIndexes = list(
  structure({ ...indexMembers, ProvisionedThroughput: provisionedThroughput }),
)

export const billingMode = text<'PROVISIONED' | 'PAY_PER_REQUEST'>({
  values: ['PROVISIONED', 'PAY_PER_REQUEST'],
})
export const tableClass = text<'STANDARD' | 'STANDARD_INFREQUENT_ACCESS'>({
  values: ['STANDARD', 'STANDARD_INFREQUENT_ACCESS'],
})

export const attributeDefinitions = list(
  structure({
    AttributeName: mandatory(attributeName),
    AttributeType: mandatory(text<'B' | 'N' | 'S'>({ values: ['B', 'N', 'S'] })),
  }),
)

export type KeySchemaInput = Read<typeof keySchema>
export type IndexInput = Read<typeof globalIndexes>[number]
export type ThroughputInput = Read<typeof provisionedThroughput>
