import { MagnetoDBError } from '../../model/errors.ts'
import type { Steps } from '../../model/steps.ts'
import type { Row, StorageDriver } from '../../storage/driver.ts'
import type { Catalogue } from '../catalogue/catalogue.ts'
import { withTable } from '../catalogue/with-table.ts'
import type { EngineTime } from '../engine-time.ts'
import { isExpired, type StoredItem } from '../format/stored-item.ts'
import { expiryByAttribute } from '../items/expiry.ts'
import { type Change, writeItems } from '../items/write-items.ts'
import { type Job, type JobState, newJob } from '../leases/job.ts'
import type { JobKind, StepResult } from '../leases/lease.ts'
import { IN_TURNS } from '../operation-context.ts'
import {
  dropExpiries,
  EXPIRY_SHARDS,
  type ExpiryEntry,
  type ExpiryJournal,
  expiryEntryOf,
  expiryPartition,
  expirySlice,
  minuteOf,
  postponeExpiries,
} from './expiry-journal.ts'

/** Deletes expired items and their index entries, by ordinary commits. This job never ends. */
export const EXPIRE_ITEMS = 'expire_items'

/** Number of jobs that share the sweep. Each sweeps a group of the journal's shards. */
const GROUPS = 16
const GROUP_SHARDS = EXPIRY_SHARDS / GROUPS
const MINUTE_MS = 60_000
/** Milliseconds from the end of a minute to its sweep. Longer than a request takes from journalling
 * an expiry to writing the item. */
const CLOSED_AFTER_MS = 60_000
/** Minutes until a minute is swept again, for rows appended after their journal was dropped. */
const SECOND_LOOK_MINUTES = 60
/** Milliseconds after which an append has been applied with its order, or never will be. */
const SETTLED_MS = 30_000
/** Milliseconds for which a journal with a younger row is left alone. */
const UNSETTLED_REST_MS = 5_000
/** Minutes until the deletion of an item is retried. */
const RETRY_MINUTES = 10
/** Deletions under way in a process, divided among the groups it sweeps. */
const DELETIONS_AT_ONCE = 64
const DELETIONS_OF_PAGE_MIN = 16
/** Milliseconds in which a step starts deletions, well before its deadline. */
const STEP_MS = 2_000
/** Milliseconds before the deadline that deletions leave for work on the journal. */
const JOURNAL_MS = 1_000

type ExpireItemsState = JobState & {
  /** Number of the group of shards. */
  readonly group: number
  /** Minutes since 1970. All earlier minutes are swept. */
  readonly minute: number
  /** Number of the journal to sweep: first those of the group's shards for this minute, then theirs
   * for the minute an hour ago. */
  readonly journal: number
  /** Absent at a journal's start. */
  readonly swept?: SweptPart
}

/** The time up to which expired items are deleted, in milliseconds since 1970. */
export function expiredUntil(state: JobState): number {
  return (state as ExpireItemsState).minute * MINUTE_MS
}

/** The rows of a journal that are done. */
interface SweptPart {
  /** Of the last row, in hexadecimal. */
  readonly sort: string
  /** The highest order, in decimal. */
  readonly newest: string
  /** When the first page was read, by the earlier of the clocks. */
  readonly begunAt: number
}

/** The times of one step. */
interface Pass {
  readonly deadline: number
  /** No deletions start later. */
  readonly until: number
  readonly engineNow: number
  /** What expires by then has expired. */
  readonly expiryNow: number
}

interface Parts {
  readonly driver: StorageDriver
  readonly catalogue: Catalogue
  readonly time: EngineTime
  readonly expiries: ExpiryJournal
  readonly onBackgroundError: (error: unknown) => void
}

export class ExpireItems implements JobKind {
  readonly kind = EXPIRE_ITEMS
  readonly #parts: Parts
  #pagesAtWork = 0

  constructor(parts: Parts) {
    this.#parts = parts
  }

  standing(): readonly Job[] {
    const minute = minuteOf(this.#parts.time.expiryNow())
    return Array.from({ length: GROUPS }, (_, group) => {
      const state: ExpireItemsState = { group, minute, journal: 0 }
      return newJob(`${EXPIRE_ITEMS}-${`${group}`.padStart(2, '0')}`, EXPIRE_ITEMS, state)
    })
  }

  async step(jobState: JobState, deadline: number): Promise<StepResult> {
    const engineNow = await this.#parts.time.now(deadline)
    const expiryNow = this.#parts.time.expiryNow()
    const until = Math.min(performance.now() + STEP_MS, deadline - 2 * JOURNAL_MS)
    const pass = { deadline, until, engineNow, expiryNow }
    let state = notAhead(jobState as ExpireItemsState, minuteOf(engineNow - CLOSED_AFTER_MS))
    const open = minuteOf(expiryNow - CLOSED_AFTER_MS)
    while (state.minute < open && performance.now() < pass.until) {
      const next = await this.#sweepPage(state, pass)
      if (next === 'unsettled') return { state: beginning(state), restMs: UNSETTLED_REST_MS }
      state = next
      // After a crash at most a page is swept again.
      if (state.swept) break
    }
    if (state.minute < open) return { state }
    const restMs = (state.minute + 1) * MINUTE_MS + CLOSED_AFTER_MS - expiryNow
    return { state, restMs: Math.min(restMs, MINUTE_MS) }
  }

  /** Sweeps at most one page of a journal's rows, and drops the journal after the last page. */
  async #sweepPage(state: ExpireItemsState, pass: Pass): Promise<ExpireItemsState | 'unsettled'> {
    const { driver } = this.#parts
    const { deadline } = pass
    const journal = journalOf(state)
    const behind = state.swept && Buffer.from(state.swept.sort, 'hex')
    const read = { level: 'strong', deadline } as const
    const page = await expirySlice(driver, journal, behind, read)
    const begunAt = state.swept?.begunAt ?? pass.expiryNow
    if (driver.engineTime && page.rows.some((row) => !isSettled(row, begunAt))) return 'unsettled'
    const { rows, failed } = await this.#sweepRows(page.rows, pass)
    if (failed.length > 0) {
      const later = minuteOf(pass.engineNow) + RETRY_MINUTES
      await postponeExpiries(driver, journal, failed, later, deadline)
    }
    const newest = rows.reduce(
      (newest, { order }) => (order > newest ? order : newest),
      BigInt(state.swept?.newest ?? 0),
    )
    const isWhole = rows.length === page.rows.length
    const sort = (isWhole ? page.reached : undefined) ?? rows.at(-1)?.sort ?? behind
    if (!isWhole || page.more) {
      if (!sort) return state
      return { ...state, swept: { sort: sort.toString('hex'), newest: `${newest}`, begunAt } }
    }
    if (sort) await dropExpiries(driver, journal, newest, deadline)
    return nextJournal(state)
  }

  /** Deletes the items of as many rows as time allows. `rows` are all rows tried; of them, `failed`
   * must be retried. */
  async #sweepRows(
    page: readonly Row[],
    { until, deadline, expiryNow }: Pass,
  ): Promise<{ readonly rows: readonly Row[]; readonly failed: readonly Row[] }> {
    const failed: Row[] = []
    if (page.length === 0) return { rows: page, failed }
    let begun = 0
    const work = async (): Promise<void> => {
      while (performance.now() < until) {
        const row = page[begun++]
        if (!row) return
        try {
          await this.#deleteExpired(expiryEntryOf(row), expiryNow, deadline - JOURNAL_MS)
        } catch (error) {
          this.#parts.onBackgroundError(error)
          failed.push(row)
        }
      }
    }
    this.#pagesAtWork++
    const share = Math.floor(DELETIONS_AT_ONCE / this.#pagesAtWork)
    const atOnce = Math.max(share, DELETIONS_OF_PAGE_MIN)
    await Promise.all(Array.from({ length: atOnce }, work))
    this.#pagesAtWork--
    return { rows: page.slice(0, begun), failed }
  }

  /** Does nothing if the item is gone or expires later now. */
  async #deleteExpired(entry: ExpiryEntry, expiryNow: number, deadline: number): Promise<void> {
    const storage = this.#parts.driver
    const context = { projectId: entry.projectId, deadline, storage, work: IN_TURNS }
    let found = 0
    try {
      await withTable(this.#parts, context, { name: entry.table }, async (table) => {
        found = 0
        if (!table.id.equals(entry.tableId)) return
        const now = expiryNow / 1000
        const remove = {
          sort: entry.sort,
          blind: false,
          *change(old: StoredItem | null): Steps<Change> {
            found = old ? yield* expiryByAttribute(table.definition, old, now) : 0
            return old && (isExpired(old, now) || isExpired({ expiresAt: found }, now)) ? {} : null
          },
        }
        await writeItems(this.#parts, context, table, entry.partition, [remove])
      })
    } catch (error) {
      if (!isGone(error)) throw error
    }
    const { unforeseen, ...foreseen } = entry
    if (!unforeseen || found * 1000 <= expiryNow) return
    await this.#parts.expiries.add(storage, foreseen, found, deadline)
  }
}

/** Moves back a state that a process with a fast clock wrote. Sweeping again is harmless. */
function notAhead(state: ExpireItemsState, open: number): ExpireItemsState {
  return state.minute > open ? { group: state.group, minute: open, journal: 0 } : state
}

function beginning({ group, minute, journal }: ExpireItemsState): ExpireItemsState {
  return { group, minute, journal }
}

function nextJournal({ group, minute, journal }: ExpireItemsState): ExpireItemsState {
  const isLast = journal === 2 * GROUP_SHARDS - 1
  return isLast
    ? { group, minute: minute + 1, journal: 0 }
    : { group, minute, journal: journal + 1 }
}

function journalOf({ group, minute, journal }: ExpireItemsState): Buffer {
  const shard = group * GROUP_SHARDS + (journal % GROUP_SHARDS)
  return expiryPartition(shard, journal < GROUP_SHARDS ? minute : minute - SECOND_LOOK_MINUTES)
}

/** Whether no append with an older order can still be under way. */
function isSettled({ order }: Row, readAt: number): boolean {
  return order <= BigInt(Math.floor(readAt - SETTLED_MS)) * 1_000n
}

/** The table was deleted, or is being deleted. */
function isGone(error: unknown): boolean {
  return (
    error instanceof MagnetoDBError &&
    (error.reason.is === 'table_not_found' || error.reason.is === 'table_not_active')
  )
}
