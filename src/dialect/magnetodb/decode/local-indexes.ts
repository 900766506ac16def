import { LOCAL_SECONDARY_INDEXES_MAX, NON_KEY_ATTRIBUTES_MAX } from '../../../model/limits.ts'
import type { Projection } from '../../../model/table.ts'
import type { CreateTable } from '../../../operations/tables/create-table.ts'
import { validationError } from '../../invalid-request.ts'
import type { JsonObject } from '../../json-object.ts'
import { requireAttributeName, requireIndexName } from '../names.ts'
import {
  isFalsy,
  isNull,
  refuseUnexpected,
  requireList,
  requireObject,
  requireObjects,
} from '../properties.ts'
import { quotedJson } from '../quoted-json.ts'
import { shortened } from '../shortened.ts'
import { decodeKeySchema } from './key-schema.ts'

type LocalSecondaryIndexes = CreateTable['localSecondaryIndexes']

const PROPERTIES = new Set(['index_name', 'key_schema', 'projection'])
const PROJECTION_PROPERTIES = new Set(['projection_type'])
const INCLUDE_PROPERTIES = new Set(['projection_type', 'non_key_attributes'])

export function decodeLocalIndexes(json: unknown): LocalSecondaryIndexes {
  if (isFalsy(json)) return []
  const list = requireObjects(json, 'local_secondary_indexes')
  if (list.length > LOCAL_SECONDARY_INDEXES_MAX) {
    throw validationError(
      `'local_secondary_indexes' holds more than ${LOCAL_SECONDARY_INDEXES_MAX} indexes`,
    )
  }
  const indexes = list.map(decodeIndex)
  if (new Set(indexes.map(({ name }) => name)).size < indexes.length) {
    throw validationError('Two or more indexes with the same name')
  }
  refuseTooManyNonKeyAttributes(indexes)
  return indexes
}

function decodeIndex(index: JsonObject): LocalSecondaryIndexes[number] {
  const { hash, range } = decodeKeySchema(index.key_schema)
  if (range === undefined) throw validationError("Range key in index wasn't specified")
  const name = requireIndexName(index.index_name)
  const projection = requireObject(index.projection, 'projection')
  refuseUnexpected(index, PROPERTIES, 'local_secondary_index')
  return { name, hash, range, projection: decodeProjection(projection) }
}

function decodeProjection(json: JsonObject): Projection {
  const type = json.projection_type ?? 'INCLUDE'
  if (type === 'INCLUDE') {
    const projection = decodeInclude(json.non_key_attributes)
    refuseUnexpected(json, INCLUDE_PROPERTIES, 'projection')
    return projection
  }
  if (type !== 'ALL' && type !== 'KEYS_ONLY') {
    const found = typeof type === 'string' ? shortened(type) : quotedJson(type)
    throw validationError(
      `Only 'ALL', 'KEYS_ONLY' of 'INCLUDE' projection types are allowed, but '${found}' is found`,
    )
  }
  refuseUnexpected(json, PROJECTION_PROPERTIES, 'projection')
  return { type }
}

/** INCLUDE without a list means ALL, with an empty one KEYS_ONLY. */
function decodeInclude(json: unknown): Projection {
  if (isNull(json)) return { type: 'ALL' }
  const names = new Set(requireList(json, 'non_key_attributes').map(requireAttributeName))
  return names.size === 0
    ? { type: 'KEYS_ONLY' }
    : { type: 'INCLUDE', nonKeyAttributes: [...names] }
}

function refuseTooManyNonKeyAttributes(indexes: LocalSecondaryIndexes): void {
  let count = 0
  for (const { projection } of indexes) {
    if (projection.type === 'INCLUDE') count += projection.nonKeyAttributes.length
  }
  if (count > NON_KEY_ATTRIBUTES_MAX) {
    throw validationError(
      `The indexes of a table name at most ${NON_KEY_ATTRIBUTES_MAX} 'non_key_attributes'`,
    )
  }
}
