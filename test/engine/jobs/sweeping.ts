import { EXPIRY_TABLE_ID } from '../../../src/engine/format/system-tables.ts'
import { ExpireItems } from '../../../src/engine/jobs/expire-items-job.ts'
import { ChangeTimeToLive, TIME_TO_LIVE } from '../../../src/engine/jobs/time-to-live-job.ts'
import type { JobState } from '../../../src/engine/leases/job.ts'
import type { StepResult } from '../../../src/engine/leases/lease.ts'
import { listJobs } from '../../../src/engine/leases/ledger.ts'
import type { Item } from '../../../src/model/attribute-value.ts'
import type { TimeToLive } from '../../../src/model/table.ts'
import { putItem } from '../../../src/operations/items/put-item.ts'
import { updateItem } from '../../../src/operations/items/update-item.ts'
import { describeTimeToLive } from '../../../src/operations/tables/describe-time-to-live.ts'
import { updateTimeToLive } from '../../../src/operations/tables/update-time-to-live.ts'
import type { StorageDriver } from '../../../src/storage/driver.ts'
import { put } from '../../expression/short-expressions.ts'
import { TableFixture } from '../../storage/contract/table-fixture.ts'
import { WornDriver } from '../../storage/worn-driver.ts'
import { EngineFixture } from '../engine-fixture.ts'
import { item, value } from '../short-items.ts'

export const START_SECONDS = 1_700_000_040
export const FIRST_MINUTE = START_SECONDS / 60
export const KEY = item({ h: 'a', r: 1 })
export const NONE = { table: 'table', returnValues: 'NONE' } as const
/** The engine's own jobs never start. */
export const IDLE = {
  ...{ leaseMs: 1e6, marginMs: 0, renewalMs: 1e6, turnMs: 1e6, pollMs: 1e6 },
  failurePauseMaxMs: 1,
}
const STEPS_MAX = 1_000
const STEP_MS = 30_000

/** The states of the sweep's jobs. Processes that share them take turns. */
export type Groups = JobState[]

/** An engine with a clock, whose sweep of expired items tests run step by step. */
export class Sweeping extends EngineFixture {
  readonly #clock: { seconds: number; waited: number }
  readonly groups: Groups
  readonly errors: unknown[] = []
  readonly #kind: ExpireItems

  constructor(
    driver: StorageDriver = new WornDriver(),
    seconds = START_SECONDS,
    groups?: Groups,
    projectId = 'project',
  ) {
    const clock = { seconds, waited: 0 }
    super({
      ...{ driver, projectId },
      now: () => clock.seconds * 1_000,
      monotonicNow: () => clock.waited * 1_000,
      // The engine's own jobs never start.
      wakeOther: () => {},
    })
    this.#clock = clock
    this.#kind = new ExpireItems({
      ...this.engine,
      driver,
      onBackgroundError: (error) => this.errors.push(error),
    })
    this.groups = groups ?? this.#kind.standing().map(({ state }) => state)
  }

  async put(ttl: number | undefined, put: Item = item({ h: 'a', r: 1, number: 1, text: 'x' })) {
    await this.run(putItem, { ...NONE, item: put, ...lifeOf(ttl) })
  }

  async update(ttl?: number): Promise<void> {
    const updates = [put('v', value(1))]
    await this.run(updateItem, { ...NONE, key: KEY, updates, ...lifeOf(ttl) })
  }

  wait(seconds: number): void {
    this.#clock.seconds += seconds
    this.#clock.waited += seconds
  }

  /** Does one step of a group, and keeps its next state. */
  async step(group: number): Promise<Exclude<StepResult, 'done'>> {
    const state = this.groups[group] ?? {}
    const result = await this.#kind.step(state, performance.now() + STEP_MS)
    if (result === 'done') throw new Error('it is never done')
    this.groups[group] = result.state
    return result
  }

  /** Does steps until the group rests. */
  async sweepGroup(group: number): Promise<void> {
    for (let steps = 0; steps < STEPS_MAX; steps++) if ((await this.step(group)).restMs) return
    throw new Error('it goes on and on')
  }

  async sweep(): Promise<void> {
    await Promise.all(this.groups.map((_, group) => this.sweepGroup(group)))
  }

  /** The stored rows of a table: items and index entries, or rows of the journal. */
  rows(tableId: Buffer) {
    return new TableFixture(this.driver, tableId).scanAll()
  }
}

/** An engine whose table may have a time-to-live attribute. */
export class Expiring extends Sweeping {
  readonly #kind = new ChangeTimeToLive({ ...this.engine, driver: this.driver })

  /** Like UpdateTimeToLive. Without an attribute, it disables the time to live. */
  expireBy(attribute?: string): Promise<void> {
    return this.run(updateTimeToLive, { table: 'table', attribute })
  }

  timeToLive(): Promise<TimeToLive | undefined> {
    return this.run(describeTimeToLive, { table: 'table' })
  }

  /** The initial states of all requested changes. */
  async changes(): Promise<JobState[]> {
    const jobs = (await listJobs(this.driver)).map(({ job }) => job)
    return jobs.filter(({ kind }) => kind === TIME_TO_LIVE).map(({ state }) => state)
  }

  stepChange(state: JobState, milliseconds = STEP_MS): Promise<StepResult> {
    return this.#kind.step(state, performance.now() + milliseconds)
  }

  /** Does all steps of all changes, without rests. */
  async completeChanges(): Promise<void> {
    for (const state of await this.changes()) {
      let result: StepResult = { state }
      while (result !== 'done') result = await this.stepChange(result.state)
    }
  }

  journal() {
    return this.rows(EXPIRY_TABLE_ID)
  }
}

function lifeOf(ttl: number | undefined) {
  return ttl === undefined ? {} : { timeToLiveSeconds: ttl }
}
