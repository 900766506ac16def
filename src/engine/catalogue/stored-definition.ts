import { MagnetoDBError } from '../../model/errors.ts'
import { TABLE_NAME_LENGTH_MAX } from '../../model/limits.ts'
import type { TableDefinition } from '../../model/table.ts'
import type { Reserve, Version } from '../../storage/driver.ts'
import { CATALOGUE_TABLE_ID } from '../format/system-tables.ts'
import { newVersion } from '../format/version.ts'
import { settledCommit } from '../items/settled-commit.ts'
import type { OperationContext } from '../operation-context.ts'
import { decodeDefinition, definitionRow } from './definition-codec.ts'

/** A definition in the catalogue, and the version by which it may be replaced. */
export interface StoredDefinition {
  readonly definition: TableDefinition
  readonly version: Version
}

/**
 * The definition of the project's table of that name, null if there is none, and its length.
 *
 * @throws (rejects with) MagnetoDBError `table_unreadable` where a newer version has written it
 */
export async function readDefinition(
  { storage, projectId, deadline }: OperationContext,
  name: string,
): Promise<(StoredDefinition & { readonly bytes: number }) | null> {
  // A wire may pass on any name; a row's sort is neither empty nor as long as it likes.
  if (name === '' || name.length > TABLE_NAME_LENGTH_MAX) return null
  const read = { level: 'strong', deadline } as const
  const partition = Buffer.from(projectId)
  const row = await storage.get(CATALOGUE_TABLE_ID, partition, Buffer.from(name), read)
  if (!row) return null
  const { value, version } = row
  return { definition: decoded(value, name), version, bytes: value.length }
}

function decoded(value: Buffer, table: string): TableDefinition {
  try {
    return decodeDefinition(value)
  } catch (cause) {
    throw new MagnetoDBError({ is: 'table_unreadable', table }, { cause })
  }
}

/** Writes what becomes of a definition whose table is being deleted, null to delete it; false when
 * it has changed meanwhile. */
export async function replaceDefinition(
  { storage, projectId, deadline }: OperationContext,
  { definition, version }: StoredDefinition,
  next: TableDefinition | null,
  reserve: Reserve,
): Promise<boolean> {
  const sort = Buffer.from(definition.name)
  const commit = {
    id: newVersion(),
    require: [{ sort, version }],
    put: next ? [definitionRow(next)] : [],
    delete: next ? [] : [sort],
    reserve,
  } as const
  const partition = Buffer.from(projectId)
  const result = await settledCommit(storage, CATALOGUE_TABLE_ID, partition, commit, deadline)
  return result.outcome === 'applied'
}
