import { GenerationalCache } from '../../cache/generational-cache.ts'
import { MagnetoDBError } from '../../model/errors.ts'
import type { TableDefinition } from '../../model/table.ts'
import { type StorageDriver, StorageUnavailableError } from '../../storage/driver.ts'
import { successor } from '../format/key-codec.ts'
import { CATALOGUE_TABLE_ID, tableIdOf } from '../format/system-tables.ts'
import { Turns } from '../items/turns.ts'
import { deleteTableJob } from '../jobs/delete-table-job.ts'
import { addJob } from '../leases/add-job.ts'
import type { OperationContext } from '../operation-context.ts'
import type { ActiveTable } from './active-table.ts'
import type { Clocks } from './clocks.ts'
import { CONFIRMED_MAX_MS, Confirmation } from './confirmation.ts'
import { moveRevision, shardOf } from './revision.ts'
import { SharedLoads } from './shared-loads.ts'
import {
  addDefinition,
  changeDefinition,
  type DefinitionChange,
  existing,
  notActive,
  readDefinition,
  replaceDefinition,
  type StoredDefinition,
} from './stored-definition.ts'
import { TABLE_COUNT_SORT } from './table-count.ts'

export interface CatalogueOptions {
  readonly driver: StorageDriver
  readonly onBackgroundError: (error: unknown) => void
  readonly clocks: Clocks
  /** Tables per project. Unset: unlimited. */
  readonly tablesPerProjectMax?: number | undefined
}

/** Bytes of cached definitions per process, counted as stored. A definition of a thousand names
 * takes about as much memory as its text, 290 KB; a small one about `DEFINITION_BYTES` more. */
const CACHED_DEFINITIONS_BYTES_MAX = 67_108_864
const DEFINITION_BYTES = 2_048
/** Milliseconds for which an embedded engine's confirmation is reused, to save a microsecond per
 * look. Replacing a table by another of its name takes longer: the disk is synced several times. */
const SUCCESSION_MIN_MS = 2

/**
 * The tables' definitions: one row each, partitioned by project. Definitions in use are cached; an
 * embedded engine confirms them at every use, others as `confirmation.ts` says. The absence of a
 * table is never cached, so every process can use a new table at once.
 */
export class Catalogue {
  readonly #driver: StorageDriver
  readonly #clocks: Clocks
  readonly #tablesMax: number
  /** By project. Concurrent creations in one project would make each other's commits fail. */
  readonly #creating = new Turns()
  readonly #cache = new GenerationalCache<ActiveTable>(CACHED_DEFINITIONS_BYTES_MAX)
  readonly #loads = new SharedLoads<ActiveTable>((table) => this.isCurrent(table))
  readonly #confirmation: Confirmation
  #deletions = 0

  constructor(options: CatalogueOptions) {
    this.#driver = options.driver
    this.#clocks = options.clocks
    this.#tablesMax = options.tablesPerProjectMax ?? Number.POSITIVE_INFINITY
    const onChange = (shards: ReadonlySet<number>) =>
      this.#cache.deleteWhere(({ shard }) => shards.has(shard))
    this.#confirmation = new Confirmation({ ...options, onChange })
  }

  /** A cached definition that is known to be current. */
  cached({ projectId }: OperationContext, name: string): ActiveTable | undefined {
    return this.#cached(projectId, name)
  }

  /** @throws (rejects with) MagnetoDBError `table_not_found` or `table_not_active` */
  async active(context: OperationContext, name: string): Promise<ActiveTable> {
    return this.#cached(context.projectId, name) ?? this.#load(context, name)
  }

  /** Whether the definition is known to be current. Does not ask a storage engine on a network. */
  isCurrent(table: ActiveTable): boolean {
    const ageMs = this.#clocks.since(table.confirmedAt)
    if (this.#driver.versionNow) return ageMs < SUCCESSION_MIN_MS || this.#isUnchanged(table)
    if (ageMs < CONFIRMED_MAX_MS) return true
    return this.#cached(table.fence.partition.toString(), table.definition.name) === table
  }

  /** Whether the table is still in the catalogue, with any status. */
  async isThere(context: OperationContext, { definition }: ActiveTable): Promise<boolean> {
    const { name, id } = definition
    try {
      return (await this.active(context, name)).definition.id === id
    } catch (error) {
      if (!(error instanceof MagnetoDBError)) throw error
      return (await readDefinition(context, name))?.definition.id === id
    }
  }

  /** @throws (rejects with) MagnetoDBError `table_exists` or `too_many_tables` */
  create(context: OperationContext, definition: TableDefinition): Promise<void> {
    const add = () => addDefinition(context, definition, this.#tablesMax)
    return this.#creating.take(context.projectId, add)
  }

  async describe(context: OperationContext, name: string): Promise<TableDefinition> {
    return (await existing(context, name)).definition
  }

  /**
   * Changes the definition of an active table, and makes every process read it again.
   *
   * @param change throws to refuse; called again if another change came first
   * @throws (rejects with) MagnetoDBError `table_not_found`, `table_not_active` or `table_changing`
   */
  async update(
    context: OperationContext,
    name: string,
    change: DefinitionChange,
  ): Promise<TableDefinition> {
    const { storage, projectId, deadline } = context
    const definition = await changeDefinition(context, name, change)
    this.#drop(projectId, name)
    // Embedded engines confirm a definition at every use.
    if (!this.#driver.versionNow) await moveRevision(storage, projectId, deadline)
    return definition
  }

  /** Writes the job that deletes the table, and marks the table DELETING. If the storage refuses
   * the mark, the job sets it later. */
  async delete(
    context: OperationContext,
    name: string,
    check?: (definition: TableDefinition) => void,
  ): Promise<TableDefinition> {
    const { storage, projectId, deadline } = context
    // Not from the cache, where a recent deletion protection may be missing.
    const stored = await existing(context, name)
    const { definition } = stored
    check?.(definition)
    refuseProtected(definition)
    await addJob(storage, deleteTableJob(projectId, definition), deadline)
    try {
      await markDeleting(context, stored).catch(leftToJob)
    } finally {
      this.#drop(projectId, name)
    }
    return { ...definition, status: 'DELETING' }
  }

  /** Names in ascending order; `more` if names may follow this page. */
  async list(
    { storage, projectId, deadline }: OperationContext,
    startAfter: string | undefined,
    rows: number,
  ): Promise<{ names: string[]; more: boolean }> {
    const names: string[] = []
    let after: Buffer | undefined = startAfter === undefined ? undefined : Buffer.from(startAfter)
    for (;;) {
      const page = await storage.sorts(
        CATALOGUE_TABLE_ID,
        Buffer.from(projectId),
        { ...(after && { from: successor(after) }), to: TABLE_COUNT_SORT },
        rows - names.length,
        { level: 'strong', deadline },
      )
      for (const sort of page.sorts) names.push(sort.toString())
      if (!page.reached || names.length >= rows) return { names, more: page.more }
      after = page.reached
    }
  }

  /** Drops a cached definition that a commit's fence has shown to be outdated. */
  forget({ definition, fence }: ActiveTable): void {
    this.#cache.delete(cacheKey(fence.partition.toString(), definition.name))
  }

  close(): void {
    this.#confirmation.close()
  }

  #cached(projectId: string, name: string): ActiveTable | undefined {
    const table = this.#cache.get(cacheKey(projectId, name))
    if (!table) return undefined
    const isConfirmed = this.#driver.versionNow
      ? this.#isUnchanged(table)
      : this.#confirmation.holds()
    return isConfirmed ? table : undefined
  }

  /** Embedded engines only. */
  #isUnchanged(active: ActiveTable): boolean {
    const { table, partition, sort, version } = active.fence
    const askedAt = this.#clocks.now()
    const isSame = this.#driver.versionNow?.(table, partition, sort)?.equals(version) ?? false
    if (isSame) active.confirmedAt = askedAt
    return isSame
  }

  #load(context: OperationContext, name: string): Promise<ActiveTable> {
    const key = cacheKey(context.projectId, name)
    const read = (deadline: number) => this.#read({ ...context, deadline }, name)
    return this.#loads.take(key, context.deadline, read)
  }

  async #read(context: OperationContext, name: string): Promise<ActiveTable> {
    const { projectId } = context
    const before = this.#confirmation.mark(projectId)
    const deletions = this.#deletions
    const confirmedAt = this.#clocks.now()
    const stored = await existing(context, name)
    const { definition } = stored
    if (definition.status !== 'ACTIVE') throw notActive(definition)
    // Copied, because a slice would keep the whole buffer that was read in memory.
    const version = Buffer.from(stored.version)
    const table = activeTable(projectId, definition, { version, confirmedAt })
    if (this.#confirmation.mark(projectId) === before && this.#deletions === deletions) {
      this.#cache.set(cacheKey(projectId, name), table, DEFINITION_BYTES + stored.bytes)
    }
    return table
  }

  /** Requests to this process that begin later read the definition again. */
  #drop(projectId: string, name: string): void {
    const key = cacheKey(projectId, name)
    this.#deletions += 1
    this.#cache.delete(key)
    this.#loads.forget(key)
  }
}

/** Unambiguous, because a project's id contains no slash. */
function cacheKey(projectId: string, name: string): string {
  return `${projectId}/${name}`
}

function activeTable(
  projectId: string,
  definition: TableDefinition,
  { version, confirmedAt }: Pick<ActiveTable, 'confirmedAt'> & Pick<StoredDefinition, 'version'>,
): ActiveTable {
  return {
    id: tableIdOf(definition),
    definition,
    shard: shardOf(projectId),
    confirmedAt,
    fence: {
      table: CATALOGUE_TABLE_ID,
      partition: Buffer.from(projectId),
      sort: Buffer.from(definition.name),
      version,
    },
  }
}

function refuseProtected({ name, settings }: TableDefinition): void {
  if (settings.deletionProtection) throw new MagnetoDBError({ is: 'table_protected', table: name })
}

/** Called after the deletion's job is written. The job marks the table too, and may have deleted it
 * by now. */
async function markDeleting(context: OperationContext, stored: StoredDefinition): Promise<void> {
  const { definition } = stored
  if (definition.status === 'DELETING') return
  const marked = { ...definition, status: 'DELETING' } as const
  if (await replaceDefinition(context, stored, marked, 'deletions')) return
  const latest = await readDefinition(context, definition.name)
  if (latest?.definition.id !== definition.id) return
  // The job finds the protection too, and ends.
  refuseProtected(latest.definition)
  await markDeleting(context, latest)
}

/** The job can use reserved space that the request cannot. */
function leftToJob(error: unknown): void {
  if (!(error instanceof StorageUnavailableError)) throw error
}
