import { MagnetoDBError } from '../../model/errors.ts'
import { TABLE_NAME_LENGTH_MAX } from '../../model/limits.ts'
import type { TableDefinition } from '../../model/table.ts'
import type { Reserve, Row, Version } from '../../storage/driver.ts'
import { CATALOGUE_TABLE_ID } from '../format/system-tables.ts'
import { newVersion } from '../format/version.ts'
import { RACE_ATTEMPTS_MAX, waitAfterRace } from '../items/lost-race.ts'
import { settledCommit } from '../items/settled-commit.ts'
import type { OperationContext } from '../operation-context.ts'
import { decodeDefinition, definitionRow } from './definition-codec.ts'
import {
  countTables,
  readTableCount,
  TABLE_COUNT_SORT,
  type TableCount,
  tableCountRow,
} from './table-count.ts'

/** A definition in the catalogue, and the version that a commit replacing it must require. */
export interface StoredDefinition {
  readonly definition: TableDefinition
  readonly version: Version
}

/**
 * The definition of a table and its length in bytes, or null if there is no such table.
 *
 * @throws (rejects with) MagnetoDBError `table_unreadable` if a newer version has written it
 */
export async function readDefinition(
  context: OperationContext,
  name: string,
): Promise<(StoredDefinition & { readonly bytes: number }) | null> {
  const row = await readRow(context, name)
  if (!row) return null
  const { value, version } = row
  return { definition: decoded(value, name), version, bytes: value.length }
}

/** @throws (rejects with) MagnetoDBError `table_not_found` */
export async function existing(
  context: OperationContext,
  name: string,
): Promise<StoredDefinition & { readonly bytes: number }> {
  const stored = await readDefinition(context, name)
  if (!stored) throw new MagnetoDBError({ is: 'table_not_found', table: name })
  return stored
}

export function notActive({ name, status }: TableDefinition): Error {
  return new MagnetoDBError({ is: 'table_not_active', table: name, status })
}

async function readRow(
  { storage, projectId, deadline }: OperationContext,
  name: string,
): Promise<Row | null> {
  // Wires pass on any name, but a row's sort must not be empty and has a maximum length.
  if (name === '' || name.length > TABLE_NAME_LENGTH_MAX) return null
  const read = { level: 'strong', deadline } as const
  return storage.get(CATALOGUE_TABLE_ID, Buffer.from(projectId), Buffer.from(name), read)
}

function decoded(value: Buffer, table: string): TableDefinition {
  try {
    return decodeDefinition(value)
  } catch (cause) {
    throw new MagnetoDBError({ is: 'table_unreadable', table }, { cause })
  }
}

/**
 * Adds a table and counts it, in one commit.
 *
 * @throws (rejects with) MagnetoDBError `table_exists`, `too_many_tables` or `table_changing`
 */
export async function addDefinition(
  context: OperationContext,
  definition: TableDefinition,
  tablesMax: number,
): Promise<void> {
  const { storage, projectId, deadline } = context
  const { name } = definition
  const sort = Buffer.from(name)
  const partition = Buffer.from(projectId)
  for (let attempt = 0; attempt < RACE_ATTEMPTS_MAX; attempt++) {
    const { tables, version } = await currentCount(context, tablesMax)
    if (tables >= tablesMax) {
      if (await readRow(context, name)) throw tableExists(name)
      throw new MagnetoDBError({ is: 'too_many_tables', tablesMax })
    }
    const commit = {
      id: newVersion(),
      require: [
        { sort, version: null },
        { sort: TABLE_COUNT_SORT, version },
      ],
      put: [definitionRow(definition), tableCountRow(tables + 1)],
      delete: [],
    }
    const result = await settledCommit(storage, CATALOGUE_TABLE_ID, partition, commit, deadline)
    if (result.outcome === 'applied') return
    const current = result.outcome === 'refused' ? result.current : []
    const found = current.find((row) => row.sort.equals(sort))
    if (found?.version) throw tableExists(name)
    if (!(await waitAfterRace(attempt, deadline))) break
  }
  throw new MagnetoDBError({ is: 'table_changing', table: name })
}

function tableExists(table: string): MagnetoDBError {
  return new MagnetoDBError({ is: 'table_exists', table })
}

/** A project at its limit is counted again, because processes of earlier versions do not maintain
 * the count. */
async function currentCount(context: OperationContext, tablesMax: number): Promise<TableCount> {
  const stored = await readTableCount(context)
  if (stored && stored.tables < tablesMax) return stored
  return { tables: await countTables(context), version: stored?.version ?? null }
}

export type DefinitionChange = (
  definition: TableDefinition,
) => TableDefinition | Promise<TableDefinition>

/**
 * Replaces an active table's definition by the result of `change`.
 *
 * @throws (rejects with) MagnetoDBError `table_not_found`, `table_not_active` or `table_changing`,
 *   and what `change` throws
 */
export async function changeDefinition(
  context: OperationContext,
  name: string,
  change: DefinitionChange,
): Promise<TableDefinition> {
  for (let attempt = 0; attempt < RACE_ATTEMPTS_MAX; attempt++) {
    const stored = await existing(context, name)
    if (stored.definition.status !== 'ACTIVE') throw notActive(stored.definition)
    const next = await change(stored.definition)
    if (await replaceDefinition(context, stored, next)) return next
    if (!(await waitAfterRace(attempt, context.deadline))) break
  }
  throw new MagnetoDBError({ is: 'table_changing', table: name })
}

/**
 * Replaces or, with null, deletes a definition. Resolves with false if it has changed since it was
 * read.
 *
 * @param reserve the space that deletions of tables may use beyond the storage's limit
 */
export async function replaceDefinition(
  context: OperationContext,
  { definition, version }: StoredDefinition,
  next: TableDefinition | null,
  reserve?: Reserve,
): Promise<boolean> {
  const { storage, projectId, deadline } = context
  const sort = Buffer.from(definition.name)
  const count = next ? null : await readTableCount(context)
  const counted = count && [tableCountRow(Math.max(0, count.tables - 1))]
  const commit = {
    id: newVersion(),
    require: [
      { sort, version },
      ...(count ? [{ sort: TABLE_COUNT_SORT, version: count.version }] : []),
    ],
    put: next ? [definitionRow(next)] : (counted ?? []),
    delete: next ? [] : [sort],
    ...(reserve && { reserve }),
  } as const
  const partition = Buffer.from(projectId)
  const result = await settledCommit(storage, CATALOGUE_TABLE_ID, partition, commit, deadline)
  return result.outcome === 'applied'
}
