import { MagnetoDBError } from '../../model/errors.ts'
import { TAGS_MAX } from '../../model/limits.ts'
import type { TableDefinition } from '../../model/table.ts'
import type { Commit, Version } from '../../storage/driver.ts'
import { TAGS_TABLE_ID, tableIdOf } from '../format/system-tables.ts'
import { newVersion } from '../format/version.ts'
import { RACE_ATTEMPTS_MAX, waitAfterRace } from '../items/lost-race.ts'
import { settledCommit } from '../items/settled-commit.ts'
import type { OperationContext } from '../operation-context.ts'
import { type ActiveTable, StaleDefinitionError } from './active-table.ts'

/**
 * The tags of a table: one row per table with tags, in the partition of its project. They are not
 * in the definition, because every process caches definitions.
 */
export type Tags = ReadonlyMap<string, string>

const FORMAT = 1

type TableName = Pick<TableDefinition, 'id'>

interface StoredTags {
  readonly tags: Tags
  /** Null if the table has no tags. */
  readonly version: Version | null
}

export async function readTags(context: OperationContext, table: TableName): Promise<Tags> {
  return (await stored(context, table)).tags
}

/**
 * Changes the tags of a table if its definition has not changed since it was looked up.
 *
 * @throws (rejects with) MagnetoDBError `too_many_tags`, `table_changing`; StaleDefinitionError
 */
export async function changeTags(
  context: OperationContext,
  table: ActiveTable,
  change: (tags: Tags) => Tags,
): Promise<void> {
  for (let attempt = 0; attempt < RACE_ATTEMPTS_MAX; attempt++) {
    const before = await stored(context, table.definition)
    const next = change(before.tags)
    if (next.size === 0 && before.version === null) return
    const outcome = await replace(context, table.definition, before, next, { fence: table.fence })
    if (outcome === 'applied') return
    if (outcome === 'fenced') throw new StaleDefinitionError()
    if (!(await waitAfterRace(attempt, context.deadline))) break
  }
  throw new MagnetoDBError({ is: 'table_changing', table: table.definition.name })
}

/** Writes the tags of a new table before `create`, so that no one sees it without them, and removes
 * them if `create` fails. */
export async function createTagged(
  context: OperationContext,
  table: TableName,
  tags: Tags,
  create: () => Promise<void>,
): Promise<void> {
  await replace(context, table, { tags: NO_TAGS, version: null }, tags)
  try {
    await create()
  } catch (error) {
    const isRefused = error instanceof MagnetoDBError && error.code !== 'outcome_unknown'
    if (isRefused) await dropTags(context, table)
    throw error
  }
}

/** Removes the tags of a deleted table. */
export async function dropTags(context: OperationContext, table: TableName): Promise<void> {
  const before = await stored(context, table)
  if (before.version !== null) await replace(context, table, before, NO_TAGS, { reserve: 'jobs' })
}

const NO_TAGS: Tags = new Map()

async function stored(
  { storage, projectId, deadline }: OperationContext,
  table: TableName,
): Promise<StoredTags> {
  const read = { level: 'strong', deadline } as const
  const row = await storage.get(TAGS_TABLE_ID, Buffer.from(projectId), tableIdOf(table), read)
  if (!row) return { tags: NO_TAGS, version: null }
  const { format, tags } = JSON.parse(row.value.toString()) as {
    readonly format: number
    readonly tags: readonly (readonly [string, string])[]
  }
  if (format !== FORMAT) throw new RangeError(`unknown format ${format} of tags`)
  return { tags: new Map(tags), version: Buffer.from(row.version) }
}

async function replace(
  { storage, projectId, deadline }: OperationContext,
  table: TableName,
  { version }: StoredTags,
  tags: Tags,
  more: Pick<Commit, 'fence' | 'reserve'> = {},
): Promise<'applied' | 'refused' | 'fenced'> {
  if (tags.size > TAGS_MAX) throw new MagnetoDBError({ is: 'too_many_tags', tagsMax: TAGS_MAX })
  const sort = tableIdOf(table)
  const value = Buffer.from(JSON.stringify({ format: FORMAT, tags: [...tags] }))
  const commit = {
    id: newVersion(),
    require: [{ sort, version }],
    put: tags.size > 0 ? [{ sort, value, size: value.length, expiresAt: 0 }] : [],
    delete: tags.size > 0 ? [] : [sort],
    ...more,
  }
  const partition = Buffer.from(projectId)
  const { outcome } = await settledCommit(storage, TAGS_TABLE_ID, partition, commit, deadline)
  return outcome
}
