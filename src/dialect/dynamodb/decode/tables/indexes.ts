import { LOCAL_SECONDARY_INDEXES_MAX, NON_KEY_ATTRIBUTES_MAX } from '../../../../model/limits.ts'
import type { KeySchema, Projection } from '../../../../model/table.ts'
import { validationError } from '../../../invalid-request.ts'
import { INVALID_PARAMETERS } from '../../refusal.ts'
import { decodeKeySchema } from './key-schema.ts'
import type { IndexInput } from './table-shapes.ts'

const GLOBAL_INDEXES_MAX = 20

export interface DecodedIndex {
  readonly name: string
  readonly key: KeySchema
  readonly projection: Projection
}

export interface DecodedLocalIndex {
  readonly name: string
  readonly hash: string
  readonly range: string
  readonly projection: Projection
}

type Defined = ReadonlyMap<string, unknown>

/** @throws MagnetoDBError */
export function decodeLocalIndexes(
  inputs: readonly IndexInput[] | undefined,
  key: KeySchema,
  defined: Defined,
): readonly DecodedLocalIndex[] {
  if (inputs === undefined) return []
  refuseEmpty(inputs, 'LocalSecondaryIndexes')
  if (key.range === undefined) {
    throw invalid(
      'Table KeySchema does not have a range key, which is required when specifying a ' +
        'LocalSecondaryIndex',
    )
  }
  const indexes = inputs.map((input) => localIndex(decodeIndex(input, defined), key))
  refuseSameNames(indexes)
  if (indexes.length > LOCAL_SECONDARY_INDEXES_MAX) {
    throw invalid(
      'Number of LocalSecondaryIndexes exceeds per-table limit of ' +
        `${LOCAL_SECONDARY_INDEXES_MAX}`,
    )
  }
  return indexes
}

function localIndex({ name, key, projection }: DecodedIndex, table: KeySchema): DecodedLocalIndex {
  const { hash, range } = key
  if (range === undefined) {
    throw invalid(`Index KeySchema does not have a range key for index: ${name}`)
  }
  if (hash !== table.hash) {
    throw invalid(
      'Index KeySchema does not have the same leading hash key as table KeySchema for index: ' +
        `${name}. index hash key: ${hash}, table hash key: ${table.hash}`,
    )
  }
  return { name, hash, range, projection }
}

/** @throws MagnetoDBError */
export function decodeGlobalIndexes(
  inputs: readonly IndexInput[] | undefined,
  defined: Defined,
): readonly DecodedIndex[] {
  if (inputs === undefined) return []
  refuseEmpty(inputs, 'GlobalSecondaryIndexes')
  const indexes = inputs.map((input) => decodeIndex(input, defined))
  refuseSameNames(indexes)
  if (indexes.length > GLOBAL_INDEXES_MAX) {
    throw invalid(`GlobalSecondaryIndex count exceeds the per-table limit of ${GLOBAL_INDEXES_MAX}`)
  }
  return indexes
}

function decodeIndex({ IndexName, KeySchema, Projection }: IndexInput, defined: Defined) {
  const key = decodeKeySchema(KeySchema, defined)
  return { name: IndexName, key, projection: decodeProjection(Projection) }
}

function decodeProjection({
  ProjectionType: type,
  NonKeyAttributes: names,
}: IndexInput['Projection']): Projection {
  if (type === undefined) throw invalid('Unknown ProjectionType: null')
  if (type !== 'INCLUDE') {
    if (names === undefined) return { type }
    throw invalid(`ProjectionType is ${type}, but NonKeyAttributes is specified`)
  }
  if (names === undefined) {
    throw invalid('ProjectionType is INCLUDE, but NonKeyAttributes is not specified')
  }
  if (new Set(names).size < names.length) throw invalid('Duplicate attribute in NonKeyAttributes')
  return { type, nonKeyAttributes: names }
}

/** Checks all indexes together. @throws MagnetoDBError */
export function refuseManyNonKeyAttributes(
  indexes: readonly { readonly projection: Projection }[],
): void {
  const count = indexes.reduce(
    (sum, { projection }) =>
      sum + (projection.type === 'INCLUDE' ? projection.nonKeyAttributes.length : 0),
    0,
  )
  if (count <= NON_KEY_ATTRIBUTES_MAX) return
  throw invalid(
    `Number of specified attributes in all indexes exceeds the limit of ${NON_KEY_ATTRIBUTES_MAX}`,
  )
}

/** @throws MagnetoDBError */
export function refuseSameNames(indexes: readonly { readonly name: string }[]): void {
  const seen = new Set<string>()
  for (const { name } of indexes) {
    if (seen.has(name)) throw invalid(`Duplicate index name: ${name}`)
    seen.add(name)
  }
}

function refuseEmpty(inputs: readonly unknown[], parameter: string): void {
  if (inputs.length === 0) throw invalid(`List of ${parameter} is empty`)
}

function invalid(message: string) {
  return validationError(INVALID_PARAMETERS + message)
}
