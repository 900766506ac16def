import type { AttributeType } from '../../../../model/attribute-value.ts'
import { andThen, type Stepped } from '../../../../model/steps.ts'
import type { KeySchema } from '../../../../model/table.ts'
import { keyAttributeNames } from '../../../../model/table.ts'
import type { CreateTable } from '../../../../operations/tables/create-table.ts'
import { validationError } from '../../../invalid-request.ts'
import type { WireRequest } from '../../../wire.ts'
import { INVALID_PARAMETERS } from '../../refusal.ts'
import { mandatory, type Read, structure } from '../../shapes/shape.ts'
import { inputOf, newName } from '../parameters.ts'
import {
  type DecodedIndex,
  decodeGlobalIndexes,
  decodeLocalIndexes,
  refuseManyNonKeyAttributes,
  refuseSameNames,
} from './indexes.ts'
import { decodeKeySchema } from './key-schema.ts'
import { decodeSettings, refuseMissingFeatures, SETTINGS_PARAMETERS } from './settings.ts'
import {
  attributeDefinitions,
  globalIndexes,
  type IndexInput,
  keySchema,
  localIndexes,
  tags,
} from './table-shapes.ts'
import { decodeTags } from './tags.ts'

const SHAPE = structure({
  TableName: newName,
  AttributeDefinitions: mandatory(attributeDefinitions),
  KeySchema: mandatory(keySchema),
  LocalSecondaryIndexes: localIndexes,
  GlobalSecondaryIndexes: globalIndexes,
  Tags: tags,
  ...SETTINGS_PARAMETERS,
})

export function decodeCreateTable(request: WireRequest): Stepped<CreateTable> {
  return andThen(inputOf(SHAPE, request), createOf)
}

function createOf(input: Read<typeof SHAPE>): CreateTable {
  const { TableName: table } = input
  if (table === undefined) {
    throw validationError(
      "The parameter 'TableName' is required but was not present in the request",
    )
  }
  const settings = decodeSettings(input, Date.now())
  const attributeTypes = decodeDefinitions(input.AttributeDefinitions)
  const key = decodeKeySchema(input.KeySchema, attributeTypes)
  const locals = decodeLocalIndexes(input.LocalSecondaryIndexes, key, attributeTypes)
  const globals = decodeGlobalIndexes(input.GlobalSecondaryIndexes, attributeTypes)
  refuseThroughput(input.GlobalSecondaryIndexes, settings.billingMode)
  refuseSameNames([...locals, ...globals])
  refuseManyNonKeyAttributes([...locals, ...globals])
  const keys = [key, ...locals, ...globals.map((each: DecodedIndex) => each.key)]
  refuseUnusedDefinitions(attributeTypes, keys)
  refuseMissingFeatures(input)
  if (globals.length > 0) throw validationError('Global secondary indexes are not supported yet')
  const named = input.Tags && decodeTags(input.Tags)
  return {
    ...{ table, attributeTypes, key, localSecondaryIndexes: locals, settings },
    ...(named && { tags: named }),
  }
}

function decodeDefinitions(
  definitions: Read<typeof attributeDefinitions>,
): ReadonlyMap<string, AttributeType> {
  const types = new Map<string, AttributeType>()
  for (const { AttributeName, AttributeType } of definitions) {
    if (types.has(AttributeName)) {
      throw validationError(
        `${INVALID_PARAMETERS}Duplicate AttributeName in AttributeDefinitions: ${AttributeName}`,
      )
    }
    types.set(AttributeName, AttributeType)
  }
  return types
}

function refuseThroughput(
  indexes: readonly IndexInput[] | undefined,
  billingMode: string | undefined,
): void {
  for (const { IndexName, ProvisionedThroughput } of indexes ?? []) {
    if (billingMode !== 'PAY_PER_REQUEST' || !ProvisionedThroughput) continue
    throw validationError(
      `${INVALID_PARAMETERS}ProvisionedThroughput should not be specified for index: ` +
        `${IndexName} when BillingMode is PAY_PER_REQUEST`,
    )
  }
}

/** Refuses definitions of attributes that no key uses. */
function refuseUnusedDefinitions(
  defined: ReadonlyMap<string, unknown>,
  keys: readonly KeySchema[],
): void {
  const used = new Set(keys.flatMap(keyAttributeNames))
  if (used.size === defined.size) return
  throw validationError(
    keys.length === 1
      ? `${INVALID_PARAMETERS}Number of attributes in KeySchema does not exactly match number of ` +
          'attributes defined in AttributeDefinitions'
      : `${INVALID_PARAMETERS}Some AttributeDefinitions are not used. AttributeDefinitions: ` +
          `[${[...defined.keys()].join(', ')}], keys used: [${[...used].join(', ')}]`,
  )
}
