import { ExpireItems } from '../../../src/engine/jobs/expire-items-job.ts'
import type { JobState } from '../../../src/engine/leases/job.ts'
import type { StepResult } from '../../../src/engine/leases/lease.ts'
import type { Item } from '../../../src/model/attribute-value.ts'
import { putItem } from '../../../src/operations/items/put-item.ts'
import { updateItem } from '../../../src/operations/items/update-item.ts'
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
    const life = ttl === undefined ? {} : { timeToLiveSeconds: ttl }
    await this.run(putItem, { ...NONE, item: put, ...life })
  }

  async update(ttl?: number): Promise<void> {
    const life = ttl === undefined ? {} : { timeToLiveSeconds: ttl }
    const updates = [put('v', value(1))]
    await this.run(updateItem, { ...NONE, key: KEY, updates, ...life })
  }

  wait(seconds: number): void {
    this.#clock.seconds += seconds
    this.#clock.waited += seconds
  }

  /** Does one step of a group, and keeps its next state. */
  async step(group: number): Promise<Exclude<StepResult, 'done'>> {
    const state = this.groups[group] ?? {}
    const result = await this.#kind.step(state, performance.now() + 30_000)
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
