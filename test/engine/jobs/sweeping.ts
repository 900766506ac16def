import { ExpireItems } from '../../../src/engine/jobs/expire-items-job.ts'
import type { JobState } from '../../../src/engine/leases/job.ts'
import type { JobKind } from '../../../src/engine/leases/lease.ts'
import type { Item } from '../../../src/model/attribute-value.ts'
import { putItem } from '../../../src/operations/items/put-item.ts'
import { updateItem } from '../../../src/operations/items/update-item.ts'
import type { StorageDriver } from '../../../src/storage/driver.ts'
import { MemoryDriver } from '../../../src/storage/memory/driver.ts'
import { TableFixture } from '../../storage/contract/table-fixture.ts'
import { EngineFixture } from '../engine-fixture.ts'
import { item, value } from '../short-items.ts'

export const START_SECONDS = 1_700_000_040
export const FIRST_SLOT = START_SECONDS / 60
export const KEY = item({ h: 'a', r: 1 })
export const NONE = { table: 'table', returnValues: 'NONE' } as const
/** Its own jobs never begin. */
export const IDLE = { leaseMs: 1e6, marginMs: 0, renewalMs: 1e6, pollMs: 1e6, failurePauseMaxMs: 1 }
const STEPS_MAX = 1_000

/** An engine, a clock, and the sweep of what has expired by it, step by step. */
export class Sweeping extends EngineFixture {
  readonly #clock: { seconds: number }
  state: JobState
  readonly errors: unknown[] = []
  readonly #kind: JobKind

  constructor(driver: StorageDriver = new MemoryDriver(), clock = { seconds: START_SECONDS }) {
    super({ driver, now: () => clock.seconds * 1_000, jobTimes: IDLE })
    this.#clock = clock
    this.#kind = new ExpireItems({
      driver,
      catalogue: this.engine.catalogue,
      now: this.engine.now,
      onBackgroundError: (error) => this.errors.push(error),
    })
    this.state = this.#kind.standing?.()[0]?.state ?? {}
  }

  async put(ttl: number | undefined, put: Item = item({ h: 'a', r: 1, number: 1, text: 'x' })) {
    const life = ttl === undefined ? {} : { timeToLiveSeconds: ttl }
    await this.run(putItem, { ...NONE, item: put, ...life })
  }

  async update(ttl?: number): Promise<void> {
    const life = ttl === undefined ? {} : { timeToLiveSeconds: ttl }
    const updates = new Map([['v', { action: 'put' as const, value: value(1) }]])
    await this.run(updateItem, { ...NONE, key: KEY, updates, ...life })
  }

  wait(seconds: number): void {
    this.#clock.seconds += seconds
  }

  step() {
    return this.#kind.step(this.state, performance.now() + 30_000)
  }

  /** Until nothing is left to do now. */
  async sweep(): Promise<void> {
    for (let steps = 0; steps < STEPS_MAX; steps++) {
      const result = await this.step()
      if (result === 'done') throw new Error('it is never done')
      this.state = result.state
      if (result.restMs) return
    }
    throw new Error('it goes on and on')
  }

  /** Rows as they are stored: items and index entries, or the journal's. */
  rows(tableId: Buffer) {
    return new TableFixture(this.driver, tableId).scanAll()
  }
}
