import { GenerationalCache } from '../../cache/generational-cache.ts'
import { MagnetoDBError, validationError } from '../../model/errors.ts'
import { PAGE_SIZE_BYTES_MAX, TABLE_NAME_LENGTH_MAX } from '../../model/limits.ts'
import type { TableDefinition } from '../../model/table.ts'
import type { Row, StorageDriver, Version } from '../../storage/driver.ts'
import type { ActiveTable } from '../active-table.ts'
import { settledCommit } from '../commit.ts'
import { deleteTableJob } from '../jobs/delete-table-job.ts'
import { addJob } from '../jobs/job.ts'
import { successor } from '../key-codec.ts'
import type { OperationContext } from '../operation-context.ts'
import { CATALOGUE_TABLE_ID, tableIdOf } from '../system-tables.ts'
import { newVersion } from '../version.ts'
import { CONFIRMED_MAX_MS, createConfirmation } from './confirmation.ts'
import { decodeDefinition, definitionRow } from './definition-codec.ts'

/**
 * The tables' definitions: one row each, partitioned by project. Used definitions are cached; an
 * embedded engine confirms them at every use, others as `confirmation.ts` says. A missing table is
 * never cached, so one created by any process is at once usable through all.
 */
export interface Catalogue {
  /** Throws `table_not_found`, or `validation` unless the table is ACTIVE. At once when cached. */
  active(context: OperationContext, name: string): ActiveTable | Promise<ActiveTable>
  /** Whether the definition is known to be in force still, which costs the storage nothing. */
  isCurrent(table: ActiveTable): boolean
  create(context: OperationContext, definition: TableDefinition): Promise<void>
  describe(context: OperationContext, name: string): Promise<TableDefinition>
  /** Marks the table DELETING and returns its definition; a job deletes its data and then that. */
  delete(context: OperationContext, name: string): Promise<TableDefinition>
  /** Names in ascending order; `more` when the page ended before the list. */
  list(
    context: OperationContext,
    startAfter: string | undefined,
    limit: number,
  ): Promise<{ readonly names: readonly string[]; readonly more: boolean }>
  /** Drops a cached definition that a commit's fence has shown to be old. */
  forget(table: ActiveTable): void
  close(): void
}

export interface CatalogueOptions {
  readonly driver: StorageDriver
  readonly onBackgroundError: (error: unknown) => void
  /** Milliseconds on a clock that never goes back. */
  readonly monotonicNow: () => number
}

/** Of the definitions that one process keeps, as they are stored. A definition of a thousand names
 * takes about as much memory as its text, 290 KB; a small one about `DEFINITION_BYTES` more. */
const CACHED_DEFINITIONS_BYTES_MAX = 67_108_864
const DEFINITION_BYTES = 2_048
/** An embedded engine syncs its disk several times between a table and the next of its name: so
 * soon after it was confirmed a definition needs no second look, which would cost a microsecond. */
const SUCCESSION_MIN_MS = 2

export function createCatalogue(options: CatalogueOptions): Catalogue {
  const { driver, monotonicNow } = options
  const cache = new GenerationalCache<ActiveTable>(CACHED_DEFINITIONS_BYTES_MAX)
  const confirmation = createConfirmation({ ...options, onChange: () => cache.clear() })

  function cached(projectId: string, name: string): ActiveTable | undefined {
    const table = cache.get(cacheKey(projectId, name))
    if (!table) return undefined
    const isConfirmed = driver.versionNow ? isUnchanged(table) : confirmation.holds()
    return isConfirmed ? table : undefined
  }

  /** Embedded engines only. */
  function isUnchanged(active: ActiveTable): boolean {
    const { table, partition, sort, version } = active.fence
    const askedAt = monotonicNow()
    const isSame = driver.versionNow?.(table, partition, sort)?.equals(version) ?? false
    if (isSame) active.confirmedAt = askedAt
    return isSame
  }

  async function load(context: OperationContext, name: string): Promise<ActiveTable> {
    const before = confirmation.mark()
    const confirmedAt = monotonicNow()
    const row = await read(context, name)
    const definition = decodeDefinition(row.value)
    if (definition.status !== 'ACTIVE') throw notActive(definition)
    // Copied, for it is a part of what was read, which it would keep.
    const version = Buffer.from(row.version)
    const table = activeTable(context.projectId, definition, { version, confirmedAt })
    if (confirmation.mark() === before) {
      cache.set(cacheKey(context.projectId, name), table, DEFINITION_BYTES + row.value.length)
    }
    return table
  }

  return {
    active: (context, name) => cached(context.projectId, name) ?? load(context, name),
    isCurrent(table) {
      const ageMs = monotonicNow() - table.confirmedAt
      if (driver.versionNow) return ageMs < SUCCESSION_MIN_MS || isUnchanged(table)
      if (ageMs < CONFIRMED_MAX_MS) return true
      return cached(table.fence.partition.toString(), table.definition.name) === table
    },
    create,
    async describe(context, name) {
      return decodeDefinition((await read(context, name)).value)
    },
    async delete(context, name) {
      const { storage, projectId, deadline } = context
      const known = cached(projectId, name)
      const found = known ? foundTable(known) : await find(context, name)
      const { definition } = found
      await addJob(storage, deleteTableJob(projectId, definition), deadline)
      cache.delete(cacheKey(projectId, name))
      await markDeleting(context, found)
      return { ...definition, status: 'DELETING' }
    },
    list,
    forget({ definition, fence }) {
      cache.delete(cacheKey(fence.partition.toString(), definition.name))
    },
    close: () => confirmation.close(),
  }
}

/** A project's id holds no slash. */
function cacheKey(projectId: string, name: string): string {
  return `${projectId}/${name}`
}

function activeTable(
  projectId: string,
  definition: TableDefinition,
  { version, confirmedAt }: Pick<ActiveTable, 'confirmedAt'> & Pick<Row, 'version'>,
): ActiveTable {
  return {
    id: tableIdOf(definition),
    definition,
    confirmedAt,
    fence: {
      table: CATALOGUE_TABLE_ID,
      partition: Buffer.from(projectId),
      sort: Buffer.from(definition.name),
      version,
    },
  }
}

function notActive({ name, status }: TableDefinition): Error {
  return validationError(`Can't execute request: Table '${name}' status '${status}' isn't ACTIVE`)
}

async function read(context: OperationContext, name: string): Promise<Row> {
  const { storage, projectId, deadline } = context
  const partition = Buffer.from(projectId)
  // A wire may pass on any name; a row's sort is neither empty nor as long as it likes.
  const row =
    name === '' || name.length > TABLE_NAME_LENGTH_MAX
      ? null
      : await storage.get(CATALOGUE_TABLE_ID, partition, Buffer.from(name), {
          level: 'strong',
          deadline,
        })
  if (!row) throw new MagnetoDBError('table_not_found', `Table '${name}' does not exist`)
  return row
}

async function create(
  { storage, projectId, deadline }: OperationContext,
  definition: TableDefinition,
): Promise<void> {
  const sort = Buffer.from(definition.name)
  const commit = {
    id: newVersion(),
    require: [{ sort, version: null }],
    put: [definitionRow(definition)],
    delete: [],
  }
  const partition = Buffer.from(projectId)
  const result = await settledCommit(storage, CATALOGUE_TABLE_ID, partition, commit, deadline)
  if (result.outcome === 'applied') return
  throw new MagnetoDBError('table_exists', `Table ${definition.name} already exists`)
}

interface FoundTable {
  readonly definition: TableDefinition
  readonly version: Version
}

function foundTable({ definition, fence }: ActiveTable): FoundTable {
  return { definition, version: fence.version }
}

async function find(context: OperationContext, name: string): Promise<FoundTable> {
  const { value, version } = await read(context, name)
  return { definition: decodeDefinition(value), version }
}

/** Of a table whose job is written: that job marks it as well, and may have deleted it by now. */
async function markDeleting(
  context: OperationContext,
  { definition, version }: FoundTable,
): Promise<void> {
  if (definition.status === 'DELETING') return
  const { storage, projectId, deadline } = context
  const commit = {
    id: newVersion(),
    require: [{ sort: Buffer.from(definition.name), version }],
    put: [definitionRow({ ...definition, status: 'DELETING' })],
    delete: [],
  }
  const partition = Buffer.from(projectId)
  const result = await settledCommit(storage, CATALOGUE_TABLE_ID, partition, commit, deadline)
  if (result.outcome === 'applied') return
  const latest = await find(context, definition.name).catch(noTable)
  if (latest?.definition.id === definition.id) await markDeleting(context, latest)
}

function noTable(error: unknown): null {
  if (error instanceof MagnetoDBError && error.code === 'table_not_found') return null
  throw error
}

async function list(
  { storage, projectId, deadline }: OperationContext,
  startAfter: string | undefined,
  rows: number,
): Promise<{ names: string[]; more: boolean }> {
  const { rows: found, more } = await storage.slice(
    CATALOGUE_TABLE_ID,
    Buffer.from(projectId),
    startAfter === undefined ? {} : { from: successor(Buffer.from(startAfter)) },
    'forward',
    { rows, bytes: PAGE_SIZE_BYTES_MAX },
    { level: 'strong', deadline },
  )
  return { names: found.map(({ sort }) => sort.toString()), more }
}
