import {
  type AttributeType,
  isAttributeType,
  isScalarType,
} from '../../../model/attribute-value.ts'
import { ATTRIBUTE_DEFINITIONS_MAX } from '../../../model/limits.ts'
import { type Steps, settled } from '../../../model/steps.ts'
import { keyAttributeNames } from '../../../model/table.ts'
import type { CreateTable } from '../../../operations/tables/create-table.ts'
import { validationError } from '../../invalid-request.ts'
import type { WireRequest } from '../../wire.ts'
import { requireAttributeName, requireTableName } from '../names.ts'
import { refuseUnexpected, requireBody, requireObjects, requireString } from '../properties.ts'
import { shortened } from '../shortened.ts'
import { decodeKeySchema } from './key-schema.ts'
import { decodeLocalIndexes } from './local-indexes.ts'

const PROPERTIES = new Set([
  'table_name',
  'attribute_definitions',
  'key_schema',
  'local_secondary_indexes',
])
const DEFINITION_PROPERTIES = new Set(['attribute_name', 'attribute_type'])

export function* decodeCreateTable(request: WireRequest): Steps<CreateTable> {
  const body = yield* settled(requireBody(request))
  const table = requireTableName(body.table_name)
  const attributeTypes = decodeAttributeDefinitions(body.attribute_definitions)
  const key = decodeKeySchema(body.key_schema)
  const localSecondaryIndexes = decodeLocalIndexes(body.local_secondary_indexes)
  const command = { table, attributeTypes, key, localSecondaryIndexes, settings: {} }
  checkRangeKeys(command)
  refuseUnexpected(body, PROPERTIES, 'body')
  checkKeyAttributes(command)
  return command
}

/** If an attribute is defined twice, the last definition counts. */
function decodeAttributeDefinitions(json: unknown): ReadonlyMap<string, AttributeType> {
  const types = new Map<string, AttributeType>()
  for (const definition of requireObjects(json, 'attribute_definitions')) {
    const name = requireAttributeName(definition.attribute_name)
    const type = requireString(definition.attribute_type, 'attribute_type')
    if (!isAttributeType(type)) {
      throw validationError(`Attribute type '${shortened(type)}' is not recognized`)
    }
    refuseUnexpected(definition, DEFINITION_PROPERTIES, 'attribute_definition')
    types.set(name, type)
  }
  if (types.size > ATTRIBUTE_DEFINITIONS_MAX) {
    throw validationError(
      `'attribute_definitions' names more than ${ATTRIBUTE_DEFINITIONS_MAX} attributes`,
    )
  }
  return types
}

function checkRangeKeys({ key, localSecondaryIndexes }: CreateTable): void {
  if (key.range === undefined && localSecondaryIndexes.length > 0) {
    throw validationError('Table without range key in primary key schema can not have indices')
  }
  const names = [...keyAttributeNames(key), ...localSecondaryIndexes.map(({ range }) => range)]
  if (new Set(names).size < names.length) {
    throw validationError('Table and its indices must have unique key schema')
  }
}

function checkKeyAttributes({ attributeTypes, key, localSecondaryIndexes }: CreateTable): void {
  for (const name of keyAttributeNames(key)) checkKeyAttribute(name, attributeTypes)
  for (const { name, hash, range } of localSecondaryIndexes) {
    if (hash !== key.hash) {
      throw validationError(
        `Hash key of index '${name}' must be the same as primary key's hash key.`,
      )
    }
    checkKeyAttribute(range, attributeTypes)
  }
}

function checkKeyAttribute(name: string, types: ReadonlyMap<string, AttributeType>): void {
  const type = types.get(name)
  if (type === undefined) throw validationError(`Definition for attribute['${name}'] wasn't found`)
  if (!isScalarType(type)) throw validationError(`Type '${type}' is not a scalar type`)
}
