import { setTimeout as delay } from 'node:timers/promises'
import type { StorageDriver } from '../storage/driver.ts'
import type { ActiveTable } from './active-table.ts'
import { settledCommit } from './commit.ts'
import { CONFIRMED_MAX_MS, moveRevision } from './confirmation.ts'
import { CATALOGUE_TABLE_ID } from './system-tables.ts'
import { newVersion } from './version.ts'

/** Deletes the data of tables marked DELETING, then their definitions, behind the requests. */
export interface Purges {
  /** A table whose purge runs already is left to it. */
  begin(table: ActiveTable): void
  /** Stops; a purge that is not finished begins anew with the next `begin`. */
  close(): Promise<void>
}

export interface PurgesOptions {
  readonly driver: StorageDriver
  readonly onBackgroundError: (error: unknown) => void
}

const STEP_TIMEOUT_MS = 10_000
const RETRY_DELAY_MS = 1000
const ATTEMPTS_MAX = 60
/** No process uses a definition any longer that it last confirmed before the revision moved. */
const DEFINITION_UNUSED_MS = CONFIRMED_MAX_MS + 1000

export function createPurges({ driver, onBackgroundError }: PurgesOptions): Purges {
  const running = new Map<string, Promise<void>>()
  const abort = new AbortController()

  async function purge(table: ActiveTable): Promise<void> {
    await persistently(() => announce(driver), abort.signal)
    if (!driver.versionNow) await pause(DEFINITION_UNUSED_MS, abort.signal)
    await persistently(() => purgeStep(driver, table), abort.signal)
    await persistently(() => removeDefinition(driver, table), abort.signal)
  }

  return {
    begin(table) {
      const { id } = table.definition
      if (running.has(id) || abort.signal.aborted) return
      const report = (error: unknown): void => {
        if (!abort.signal.aborted) onBackgroundError(error)
      }
      const done = purge(table)
        .catch(report)
        .finally(() => running.delete(id))
      running.set(id, done)
    },
    async close() {
      abort.abort()
      await Promise.all(running.values())
    },
  }
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return delay(milliseconds, undefined, { signal, ref: false })
}

/** Repeats a step until it says that it is done; trouble on the way is tried again. */
async function persistently(step: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  for (let failures = 0; ; ) {
    signal.throwIfAborted()
    try {
      if (await step()) return
    } catch (error) {
      if (++failures === ATTEMPTS_MAX) throw error
      await pause(RETRY_DELAY_MS, signal)
    }
  }
}

/** Embedded engines confirm every use and need no announcement. */
async function announce(driver: StorageDriver): Promise<boolean> {
  if (!driver.versionNow) await moveRevision(driver)
  return true
}

async function purgeStep(driver: StorageDriver, { id }: ActiveTable): Promise<boolean> {
  return !(await driver.purge(id, performance.now() + STEP_TIMEOUT_MS))
}

/** A refusal says that another process has removed it. */
async function removeDefinition(driver: StorageDriver, { fence }: ActiveTable): Promise<boolean> {
  const { partition, sort, version } = fence
  const commit = { id: newVersion(), require: [{ sort, version }], put: [], delete: [sort] }
  const deadline = performance.now() + STEP_TIMEOUT_MS
  await settledCommit(driver, CATALOGUE_TABLE_ID, partition, commit, deadline)
  return true
}
