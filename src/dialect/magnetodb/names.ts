import { type Path, pathOf } from '../../expression/path.ts'
import { MagnetoDBError } from '../../model/errors.ts'
import {
  ATTRIBUTE_NAME_LENGTH_MAX,
  ATTRIBUTES_TO_GET_MAX,
  TABLE_NAME_LENGTH_MAX,
  TABLE_NAME_LENGTH_MIN,
} from '../../model/limits.ts'
import { validationError } from '../invalid-request.ts'
import type { WireRequest } from '../wire.ts'
import { pathTable } from './paths.ts'
import { requireList, requireString, unexpectedType } from './properties.ts'
import { shortened } from './shortened.ts'

const ATTRIBUTE_NAME = new RegExp(`^[A-Za-z0-9_.-]{1,${ATTRIBUTE_NAME_LENGTH_MAX}}$`)
/** Names of tables and of indexes. */
const TABLE_NAME = new RegExp(`^[A-Za-z0-9_.-]{${TABLE_NAME_LENGTH_MIN},${TABLE_NAME_LENGTH_MAX}}$`)

export function requireAttributeName(json: unknown): string {
  return requireName(json, 'attribute name', ATTRIBUTE_NAME)
}

export function requireTableName(json: unknown): string {
  return requireName(json, 'table name', TABLE_NAME)
}

export function requireIndexName(json: unknown): string {
  return requireName(json, 'index name', TABLE_NAME)
}

/**
 * The table of an operation on items. These do not report that a name is malformed, but only that
 * the table does not exist, and this after they have checked the body.
 */
export function itemTable(request: WireRequest): string {
  const tableName = pathTable(request)
  if (TABLE_NAME.test(tableName)) return tableName
  throw new MagnetoDBError({ is: 'table_not_found', table: tableName })
}

function requireName(json: unknown, label: string, pattern: RegExp): string {
  const name = requireString(json, label)
  if (!pattern.test(name)) throw validationError(`Wrong ${label} '${shortened(name)}' found`)
  return name
}

/** The attributes of `attributes_to_get` without duplicates; undefined, which means all, if it is
 * empty. */
export function decodeAttributesToGet(json: unknown): readonly Path[] | undefined {
  const names = new Set(requireList(json, 'attributes_to_get').map(requireAttributeName))
  if (names.size > ATTRIBUTES_TO_GET_MAX) {
    throw validationError(`'attributes_to_get' names more than ${ATTRIBUTES_TO_GET_MAX} attributes`)
  }
  return names.size === 0 ? undefined : [...names].map(pathOf)
}

/** Like `decodeAttributesToGet`, but refuses repeated names. */
export function decodeUniqueAttributesToGet(json: unknown): readonly Path[] | undefined {
  const list = requireList(json, 'attributes_to_get')
  if (new Set(list).size < list.length) {
    throw unexpectedType(list, 'attributes_to_get', 'List of unique values')
  }
  return decodeAttributesToGet(list)
}
