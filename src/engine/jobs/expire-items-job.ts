import { MagnetoDBError } from '../../model/errors.ts'
import type { Row, StorageDriver } from '../../storage/driver.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { withTable } from '../catalogue/with-table.ts'
import { isExpired, type StoredItem } from '../format/stored-item.ts'
import { writeItems } from '../items/write-items.ts'
import { type Job, type JobState, newJob } from '../leases/job.ts'
import type { JobKind, StepResult } from '../leases/lease.ts'
import { UNSHARED } from '../operation-context.ts'
import {
  EXPIRY_SHARDS,
  type ExpiryEntry,
  expiryEntryOf,
  expiryPartition,
  expirySlice,
  forgetExpiries,
  postponeExpiries,
  slotOf,
} from './expiry-journal.ts'

/** Deletes expired items with their index entries, by commits like any other's. Never done. */
const EXPIRE_ITEMS = 'expire_items'

const PAUSE_MS = 5_000
/** A minute is swept this long after its end: until then a process whose clock is behind may
 * journal an expiry in it, and a request may not yet have written the item that it journalled. */
const CLOSED_AFTER_SECONDS = 60
/** So many minutes later a minute is swept once more, for what came to it after its first sweep:
 * from processes whose clocks are up to an hour behind. */
const SECOND_SWEEP_SLOTS = 60
/** An item that cannot be deleted is tried again so many minutes later. */
const RETRY_SLOTS = 10
/** In each shard. */
const DELETIONS_AT_ONCE = 4
/** Minutes looked through in one step, after a time in which no process ran. */
const SLOTS_PER_STEP_MAX = 60
/** After it a step begins no more items, well before its deadline. */
const STEP_MS = 2_000
/** Time beyond it for a deletion that has begun. The rest of the step's is for the journal. */
const LATE_DELETION_MS = 1_000

type ExpireItemsState = JobState & {
  /** All earlier minutes are done with, by the clock of whoever did it. */
  readonly slot: number
}

function expireItemsJob(nowSeconds: number): Job {
  const state: ExpireItemsState = { slot: slotOf(nowSeconds) }
  return newJob(EXPIRE_ITEMS, EXPIRE_ITEMS, state)
}

interface Parts {
  readonly driver: StorageDriver
  readonly catalogue: Catalogue
  /** Milliseconds since 1970. */
  readonly now: () => number
  readonly onBackgroundError: (error: unknown) => void
}

export class ExpireItems implements JobKind {
  readonly kind = EXPIRE_ITEMS
  readonly #parts: Parts
  /** The last sort that is done with, by journal: of the minute that is being swept. */
  readonly #reached = new Map<string, Buffer>()

  constructor(parts: Parts) {
    this.#parts = parts
  }

  standing(): Job {
    return expireItemsJob(this.#nowSeconds())
  }

  async step(jobState: JobState, deadline: number): Promise<StepResult> {
    const { slot: first } = jobState as ExpireItemsState
    const until = performance.now() + STEP_MS
    const open = slotOf(this.#nowSeconds() - CLOSED_AFTER_SECONDS)
    // Back where an owner with a fast clock has been ahead: sweeping again does no harm.
    let slot = Math.min(first, open)
    const end = Math.min(open, slot + SLOTS_PER_STEP_MAX)
    while (slot < end && (await this.#sweepSlots(slot, until, deadline))) {
      this.#reached.clear()
      slot++
    }
    return { state: { slot }, pauseMs: slot < open ? 0 : PAUSE_MS }
  }

  /** Whether nothing is left of the minute, nor of the one whose second sweep is due with it. */
  async #sweepSlots(slot: number, until: number, deadline: number): Promise<boolean> {
    const shards = Array.from({ length: EXPIRY_SHARDS }, (_, shard) => shard)
    const journals = shards.flatMap((shard) => [
      expiryPartition(shard, slot),
      expiryPartition(shard, slot - SECOND_SWEEP_SLOTS),
    ])
    const sweeps = journals.map((journal) => this.#sweepJournal(journal, until, deadline))
    return (await Promise.all(sweeps)).every((isDone) => isDone)
  }

  async #sweepJournal(journal: Buffer, until: number, deadline: number): Promise<boolean> {
    const name = journal.toString('hex')
    while (performance.now() < until) {
      const read = { level: 'strong', deadline } as const
      const { rows } = await expirySlice(this.#parts.driver, journal, this.#reached.get(name), read)
      if (rows.length === 0) {
        // What has come meanwhile may lie before what is reached.
        if (!this.#reached.delete(name)) return true
        continue
      }
      const { swept, failed } = await this.#sweepRows(rows, until)
      if (failed.length > 0) {
        const later = slotOf(this.#nowSeconds()) + RETRY_SLOTS
        await postponeExpiries(this.#parts.driver, journal, failed, later, deadline)
      }
      const last = swept.at(-1)
      if (last && (await forgetExpiries(this.#parts.driver, journal, swept, deadline))) {
        this.#reached.set(name, last.sort)
      }
    }
    return false
  }

  /** Deletes the items of as many rows as there is time for. `failed` are among the `swept`. */
  async #sweepRows(
    rows: readonly Row[],
    until: number,
  ): Promise<{ readonly swept: readonly Row[]; readonly failed: readonly Row[] }> {
    const waiting = [...rows].reverse()
    const swept: Row[] = []
    const failed: Row[] = []
    const work = async (): Promise<void> => {
      while (performance.now() < until) {
        const row = waiting.pop()
        if (!row) return
        swept.push(row)
        try {
          await this.#deleteExpired(expiryEntryOf(row), until + LATE_DELETION_MS)
        } catch (error) {
          this.#parts.onBackgroundError(error)
          failed.push(row)
        }
      }
    }
    await Promise.all(Array.from({ length: DELETIONS_AT_ONCE }, work))
    return { swept, failed }
  }

  /** The item may have gone, or been given a longer life: then nothing is to be done. */
  async #deleteExpired(entry: ExpiryEntry, deadline: number): Promise<void> {
    const storage = this.#parts.driver
    const context = { projectId: entry.projectId, deadline, storage, work: UNSHARED }
    const remove = {
      sort: entry.sort,
      blind: false,
      change: (old: StoredItem | null) => (old && isExpired(old, this.#nowSeconds()) ? {} : null),
    }
    try {
      await withTable(this.#parts, context, entry.table, async (table) => {
        if (!table.id.equals(entry.tableId)) return
        await writeItems(context, table, entry.partition, [remove])
      })
    } catch (error) {
      if (!isGone(error)) throw error
    }
  }

  #nowSeconds(): number {
    return this.#parts.now() / 1000
  }
}

/** The table was deleted, or is being deleted, and its items with it. */
function isGone(error: unknown): boolean {
  return (
    error instanceof MagnetoDBError &&
    (error.reason.is === 'table_not_found' || error.reason.is === 'table_not_active')
  )
}
