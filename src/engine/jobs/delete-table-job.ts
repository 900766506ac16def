import type { TableDefinition } from '../../model/table.ts'
import type { StorageDriver } from '../../storage/driver.ts'
import { CONFIRMED_MAX_MS } from '../catalogue/confirmation.ts'
import { moveRevision } from '../catalogue/revision.ts'
import {
  readDefinition,
  replaceDefinition,
  type StoredDefinition,
} from '../catalogue/stored-definition.ts'
import { dropTags } from '../catalogue/table-tags.ts'
import { tableIdOf } from '../format/system-tables.ts'
import { type Job, type JobState, newJob } from '../leases/job.ts'
import type { JobKind, StepResult } from '../leases/lease.ts'
import type { OperationContext } from '../operation-context.ts'

/**
 * Deletes a table in three phases: marks it DELETING, removes its definition once no process uses
 * it, which frees its name, and purges its data. The table counts as deleted from the write of the
 * job; the mark is for clients to see.
 */
export const DELETE_TABLE = 'delete_table'

/** Milliseconds after a move of the revision until no process uses an older definition. */
export const DEFINITION_UNUSED_MS = CONFIRMED_MAX_MS + 1000
/** Milliseconds until writes begun with the definition have ended: longer than any request. */
export const LATE_WRITES_MS = 20_000

type DeleteTableState = JobState & {
  readonly projectId: string
  readonly definition: Pick<TableDefinition, 'id' | 'name'>
  readonly phase: 'marking' | 'freeing' | 'purging'
  /** The next position of the purge in base64. Absent: the start. */
  readonly position?: string
}

/** For operators. */
export function aboutDeletion(state: JobState): string {
  const { projectId, definition, phase } = state as DeleteTableState
  return `${projectId}/${definition.name}, ${phase}`
}

export function deleteTableJob(projectId: string, { id, name }: TableDefinition): Job {
  const state: DeleteTableState = { projectId, definition: { id, name }, phase: 'marking' }
  return newJob(`table-${id}`, DELETE_TABLE, state)
}

export class DeleteTable implements JobKind {
  readonly kind = DELETE_TABLE
  readonly #driver: StorageDriver

  constructor(driver: StorageDriver) {
    this.#driver = driver
  }

  step(jobState: JobState, deadline: number): Promise<StepResult> {
    const state = jobState as DeleteTableState
    switch (state.phase) {
      case 'marking':
        return this.#mark(state, deadline)
      case 'freeing':
        return this.#free(state, deadline)
      case 'purging':
        return this.#purge(state, deadline)
    }
  }

  /** Shows that the name is not free yet. Nobody waits for the purge. */
  async fail(jobState: JobState, deadline: number): Promise<void> {
    const state = jobState as DeleteTableState
    const found = await this.#find(state, deadline)
    if (found?.definition.status !== 'DELETING') return
    const failed = { ...found.definition, status: 'DELETE_FAILED' } as const
    await replaceDefinition(this.#context(state, deadline), found, failed, 'jobs')
  }

  /** The table, unless it is gone or replaced by another of its name. */
  async #find(state: DeleteTableState, deadline: number): Promise<StoredDefinition | null> {
    const { id, name } = state.definition
    const found = await readDefinition(this.#context(state, deadline), name)
    return found?.definition.id === id ? found : null
  }

  async #mark(state: DeleteTableState, deadline: number): Promise<StepResult> {
    const found = await this.#find(state, deadline)
    if (!found) return 'done'
    const { definition } = found
    // A table that shows DELETE_FAILED keeps that status until it is gone.
    if (definition.status === 'ACTIVE') {
      // The protection came after the request's check. The request has found it too.
      if (definition.settings.deletionProtection) return 'done'
      const marked = { ...definition, status: 'DELETING' } as const
      await replaceDefinition(this.#context(state, deadline), found, marked, 'jobs')
      return { state }
    }
    const next = { ...state, phase: 'freeing' }
    // Embedded drivers confirm a definition at every use.
    if (this.#driver.versionNow) return { state: next }
    await moveRevision(this.#driver, state.projectId, deadline)
    return { state: next, restMs: DEFINITION_UNUSED_MS }
  }

  async #free(state: DeleteTableState, deadline: number): Promise<StepResult> {
    const found = await this.#find(state, deadline)
    const context = this.#context(state, deadline)
    if (found && !(await replaceDefinition(context, found, null, 'jobs'))) return { state }
    const next = { ...state, phase: 'purging' }
    return this.#driver.versionNow ? { state: next } : { state: next, restMs: LATE_WRITES_MS }
  }

  async #purge(state: DeleteTableState, deadline: number): Promise<StepResult> {
    const { position } = state
    const from = position === undefined ? null : Buffer.from(position, 'base64')
    const next = await this.#driver.purge(tableIdOf(state.definition), from, deadline)
    if (next) return { state: { ...state, position: next.toString('base64') } }
    await dropTags(this.#context(state, deadline), state.definition)
    return 'done'
  }

  #context({ projectId }: DeleteTableState, deadline: number): OperationContext {
    return { storage: this.#driver, projectId, deadline }
  }
}
