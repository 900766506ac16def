import { MagnetoDBError } from '../../model/errors.ts'
import type { Row, StorageDriver } from '../../storage/driver.ts'
import type { Engine } from '../engine.ts'
import { isExpired } from '../expiry.ts'
import { withTable } from '../with-table.ts'
import { writeItems } from '../write-items.ts'
import {
  EXPIRY_SHARDS,
  type ExpiryEntry,
  expiryEntryOf,
  expiryPartition,
  expirySlice,
  forgetExpiry,
  SLOT_SECONDS,
  slotOf,
} from './expiry-journal.ts'
import { type Job, type JobState, newJob } from './job.ts'
import type { JobKind, StepResult } from './jobs.ts'

/** Deletes expired items with their index entries, by commits like any other's. Never done. */
const EXPIRE_ITEMS = 'expire_items'

const PAUSE_MS = 5_000
/** A minute is closed this long after its end: until then a process whose clock is behind, or a
 * request under way, may still journal an expiry in it. */
const CLOSED_AFTER_SECONDS = 2 * SLOT_SECONDS
/** Minutes looked through in one step, after a time in which no process ran. */
const SLOTS_PER_STEP_MAX = 60

type ExpireItemsState = JobState & {
  /** All earlier minutes are done with. */
  readonly slot: number
}

function expireItemsJob(nowSeconds: number): Job {
  const state: ExpireItemsState = { slot: slotOf(nowSeconds) }
  return newJob(EXPIRE_ITEMS, state, EXPIRE_ITEMS)
}

export function expireItemsKind(
  driver: StorageDriver,
  engine: Pick<Engine, 'catalogue' | 'now'>,
): JobKind {
  return {
    kind: EXPIRE_ITEMS,
    standing: () => expireItemsJob(engine.now() / 1000),
    async step(jobState, deadline): Promise<StepResult> {
      const { slot: first } = jobState as ExpireItemsState
      const nowSeconds = engine.now() / 1000
      const last = Math.min(slotOf(nowSeconds), first + SLOTS_PER_STEP_MAX)
      const closed = slotOf(nowSeconds - CLOSED_AFTER_SECONDS)
      let slot = first
      for (let each = first; each <= last; each++) {
        await sweepSlot(each, nowSeconds, deadline)
        if (each < closed) slot = each + 1
      }
      return { state: { slot }, pauseMs: slotOf(nowSeconds) === last ? PAUSE_MS : 0 }
    },
  }

  async function sweepSlot(slot: number, nowSeconds: number, deadline: number): Promise<void> {
    const shards = Array.from({ length: EXPIRY_SHARDS }, (_, shard) => shard)
    await Promise.all(
      shards.map((shard) => sweepJournal(expiryPartition(shard, slot), nowSeconds, deadline)),
    )
  }

  async function sweepJournal(
    journal: Buffer,
    nowSeconds: number,
    deadline: number,
  ): Promise<void> {
    const read = { level: 'strong', deadline } as const
    for (let after: Buffer | undefined; ; ) {
      const { rows, more } = await expirySlice(driver, journal, after, read)
      const due = rows.filter((row) => isExpired(row, nowSeconds))
      for (const row of due) await expire(journal, row, deadline)
      after = rows.at(-1)?.sort
      if (!more || !after) return
    }
  }

  async function expire(journal: Buffer, row: Row, deadline: number): Promise<void> {
    await deleteExpired(expiryEntryOf(row), deadline)
    await forgetExpiry(driver, journal, row, deadline)
  }

  /** The item may have gone, or been given a longer life: then nothing is to be done. */
  async function deleteExpired(entry: ExpiryEntry, deadline: number): Promise<void> {
    const context = { projectId: entry.projectId, deadline, storage: driver }
    const remove = {
      sort: entry.sort,
      blind: false,
      change: (old: { readonly expiresAt: number } | null) =>
        old && isExpired(old, engine.now() / 1000) ? {} : null,
    }
    try {
      await withTable(engine, context, entry.table, async (table) => {
        if (!table.id.equals(entry.tableId)) return
        await writeItems(context, table, entry.partition, [remove])
      })
    } catch (error) {
      if (!isGone(error)) throw error
    }
  }
}

/** The table was deleted, or is being deleted, and its items with it. */
function isGone(error: unknown): boolean {
  return (
    error instanceof MagnetoDBError &&
    (error.code === 'table_not_found' || error.code === 'validation')
  )
}
