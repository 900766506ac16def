import type { TableDefinition } from '../../model/table.ts'
import type { StorageDriver, Version } from '../../storage/driver.ts'
import { settledCommit } from '../commit.ts'
import { CONFIRMED_MAX_MS, moveRevision } from '../confirmation.ts'
import { decodeDefinition, definitionRow } from '../definition-codec.ts'
import { CATALOGUE_TABLE_ID, tableIdOf } from '../system-tables.ts'
import { newVersion } from '../version.ts'
import { type Job, type JobState, newJob } from './job.ts'
import type { JobKind, StepResult } from './jobs.ts'

/**
 * Deletes the data of a table that is marked DELETING, then its definition. The job is written
 * before the mark, so that no crash leaves a table in between; a job that never finds its mark
 * ends by itself.
 */
export const DELETE_TABLE = 'delete_table'

/** No process uses a definition any longer that it last confirmed before the revision moved. */
const DEFINITION_UNUSED_MS = CONFIRMED_MAX_MS + 1000
const MARK_PAUSE_MS = 1000
/** Longer than the request that was to set the mark can take. */
const MARK_CHECKS_MAX = 30

type DeleteTableState = JobState & {
  readonly projectId: string
  readonly table: string
  readonly phase: 'marking' | 'announced' | 'purging'
  readonly checks: number
}

export function deleteTableJob(projectId: string, table: string): Job {
  const state: DeleteTableState = { projectId, table, phase: 'marking', checks: 0 }
  return newJob(DELETE_TABLE, state)
}

interface FoundTable {
  readonly definition: TableDefinition
  readonly version: Version
}

export function deleteTableKind(driver: StorageDriver): JobKind {
  async function find(state: DeleteTableState, deadline: number): Promise<FoundTable | null> {
    const { projectId, table } = state
    const read = { level: 'strong', deadline } as const
    const partition = Buffer.from(projectId)
    const row = await driver.get(CATALOGUE_TABLE_ID, partition, Buffer.from(table), read)
    return row && { definition: decodeDefinition(row.value), version: row.version }
  }

  /** Writes what becomes of the definition, unless it is another one by now. */
  async function settle(
    { projectId, table }: DeleteTableState,
    { version }: FoundTable,
    next: TableDefinition | null,
    deadline: number,
  ): Promise<void> {
    const sort = Buffer.from(table)
    const commit = {
      id: newVersion(),
      require: [{ sort, version }],
      put: next ? [definitionRow(next)] : [],
      delete: next ? [] : [sort],
    }
    await settledCommit(driver, CATALOGUE_TABLE_ID, Buffer.from(projectId), commit, deadline)
  }

  return {
    kind: DELETE_TABLE,
    async step(jobState, deadline): Promise<StepResult> {
      const state = jobState as DeleteTableState
      const found = await find(state, deadline)
      if (!found) return 'done'
      if (found.definition.status !== 'DELETING') {
        if (state.checks >= MARK_CHECKS_MAX) return 'done'
        return { state: { ...state, checks: state.checks + 1 }, pauseMs: MARK_PAUSE_MS }
      }
      if (state.phase === 'marking') {
        // Embedded engines confirm a definition at every use.
        if (driver.versionNow) return { state: { ...state, phase: 'purging' } }
        await moveRevision(driver, deadline)
        return { state: { ...state, phase: 'announced' }, pauseMs: DEFINITION_UNUSED_MS }
      }
      if (state.phase === 'announced') return { state: { ...state, phase: 'purging' } }
      if (await driver.purge(tableIdOf(found.definition), deadline)) return { state }
      await settle(state, found, null, deadline)
      return 'done'
    },
    async fail(jobState, deadline) {
      const state = jobState as DeleteTableState
      const found = await find(state, deadline)
      if (found?.definition.status !== 'DELETING') return
      await settle(state, found, { ...found.definition, status: 'DELETE_FAILED' }, deadline)
    },
  }
}
