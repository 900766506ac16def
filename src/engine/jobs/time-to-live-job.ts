import type { TableDefinition } from '../../model/table.ts'
import type { ScannedRow, ScanPosition, StorageDriver } from '../../storage/driver.ts'
import { moveRevision } from '../catalogue/revision.ts'
import {
  readDefinition,
  replaceDefinition,
  type StoredDefinition,
} from '../catalogue/stored-definition.ts'
import type { EngineTime } from '../engine-time.ts'
import { ITEM_RANGE } from '../format/key-codec.ts'
import { StoredItem } from '../format/stored-item.ts'
import { tableIdOf } from '../format/system-tables.ts'
import { expiryByAttribute } from '../items/expiry.ts'
import { type Job, type JobState, newJob } from '../leases/job.ts'
import type { JobKind, StepResult } from '../leases/lease.ts'
import { IN_TURNS, type OperationContext } from '../operation-context.ts'
import { DEFINITION_UNUSED_MS, LATE_WRITES_MS } from './delete-table-job.ts'
import type { ExpiryJournal } from './expiry-journal.ts'

/**
 * Completes a change of a table's time to live. The request writes this job first, then the change.
 * The job makes every process read the definition again. If time to live was enabled, it then
 * journals the expiries of the existing items.
 */
export const TIME_TO_LIVE = 'time_to_live'

/** Looks for the change. Together they take longer than the request that makes the change may. */
const LOOKS_MAX = 5
const LOOK_REST_MS = 5_000
/** Milliseconds in which a step reads pages, well before its deadline. */
const STEP_MS = 2_000
const PAGE_MS = 2_000
const PAGE_BUDGET = { rows: 500, bytes: 256 * 1024 }

type TimeToLiveState = JobState & {
  readonly projectId: string
  readonly definition: Pick<TableDefinition, 'id' | 'name'>
  readonly change: string
  /** How often the change was looked for. */
  readonly looks: number
  /** `awaiting`: the change is looked for. `finding`: items are read. */
  readonly phase: 'awaiting' | 'finding'
  /** The last position read, in base64. Absent: the start. */
  readonly after?: { readonly partition: string; readonly sort: string }
}

/** For operators. */
export function aboutTimeToLive(state: JobState): string {
  const { projectId, definition, phase } = state as TimeToLiveState
  return `${projectId}/${definition.name}, ${phase}`
}

export function timeToLiveJob(
  projectId: string,
  { id, name }: TableDefinition,
  change: string,
): Job {
  const definition = { id, name }
  const state: TimeToLiveState = { projectId, definition, change, looks: 0, phase: 'awaiting' }
  return newJob(`ttl-${change}`, TIME_TO_LIVE, state)
}

interface Parts {
  readonly driver: StorageDriver
  readonly time: EngineTime
  readonly expiries: ExpiryJournal
}

export class ChangeTimeToLive implements JobKind {
  readonly kind = TIME_TO_LIVE
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  async step(jobState: JobState, deadline: number): Promise<StepResult> {
    const state = jobState as TimeToLiveState
    const { projectId, definition, change } = state
    const context = { storage: this.#parts.driver, projectId, deadline }
    const stored = await readDefinition(context, definition.name)
    const isEnabling =
      stored?.definition.id === definition.id &&
      stored.definition.status === 'ACTIVE' &&
      stored.definition.timeToLive?.enabling === change
    if (state.phase === 'awaiting') return this.#announce(state, isEnabling, deadline)
    return isEnabling ? this.#find(state, stored, context) : 'done'
  }

  /** Makes every process read the definition again, and rests until none uses an older one. */
  async #announce(
    state: TimeToLiveState,
    isEnabling: boolean,
    deadline: number,
  ): Promise<StepResult> {
    const looks = state.looks + 1
    // A change that disables time to live cannot be told from one not yet made.
    if (!isEnabling && looks < LOOKS_MAX) {
      return { state: { ...state, looks }, restMs: LOOK_REST_MS }
    }
    const next = { ...state, phase: 'finding' }
    // Embedded drivers confirm a definition at every use.
    if (this.#parts.driver.versionNow) return isEnabling ? { state: next } : 'done'
    await moveRevision(this.#parts.driver, state.projectId, deadline)
    return isEnabling ? { state: next, restMs: DEFINITION_UNUSED_MS + LATE_WRITES_MS } : 'done'
  }

  async #find(
    state: TimeToLiveState,
    stored: StoredDefinition,
    context: OperationContext,
  ): Promise<StepResult> {
    const { deadline } = context
    const { definition } = stored
    const until = Math.min(performance.now() + STEP_MS, deadline - PAGE_MS)
    let after = state.after && positionOf(state.after)
    do {
      const request = { segment: 0, totalSegments: 1, range: ITEM_RANGE, budget: PAGE_BUDGET }
      const page = await this.#parts.driver.scan(
        tableIdOf(definition),
        { ...request, ...(after && { after }) },
        { level: 'strong', deadline },
      )
      await this.#journal(definition, page.rows, context)
      after = page.reached ?? page.rows.at(-1)
      if (!page.more || !after) return this.#end(state, stored, context)
    } while (performance.now() < until)
    const [partition, sort] = [after.partition.toString('base64'), after.sort.toString('base64')]
    return { state: { ...state, after: { partition, sort } } }
  }

  async #journal(
    definition: TableDefinition,
    rows: readonly ScannedRow[],
    { projectId, deadline }: OperationContext,
  ): Promise<void> {
    const { driver, time, expiries } = this.#parts
    const place = { tableId: tableIdOf(definition), projectId, table: definition.name }
    const nowSeconds = time.expiryNow() / 1000
    const times: number[] = []
    for (const row of rows) {
      const steps = expiryByAttribute(definition, new StoredItem(row), nowSeconds)
      times.push(await IN_TURNS.finish(steps))
    }
    const expiring = rows.flatMap(({ partition, sort }, i) => {
      const expiresAt = times[i] ?? 0
      return expiresAt === 0 ? [] : [{ entry: { ...place, partition, sort }, expiresAt }]
    })
    await Promise.all(
      expiring.map(({ entry, expiresAt }) => expiries.add(driver, entry, expiresAt, deadline)),
    )
  }

  async #end(
    state: TimeToLiveState,
    stored: StoredDefinition,
    context: OperationContext,
  ): Promise<StepResult> {
    const { timeToLive, ...definition } = stored.definition
    if (!timeToLive) return 'done'
    const { attribute } = timeToLive
    const ended = { ...definition, timeToLive: { attribute } }
    return (await replaceDefinition(context, stored, ended, 'jobs')) ? 'done' : { state }
  }
}

function positionOf({ partition, sort }: NonNullable<TimeToLiveState['after']>): ScanPosition {
  return { partition: Buffer.from(partition, 'base64'), sort: Buffer.from(sort, 'base64') }
}
