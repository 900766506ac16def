import { setTimeout as delay } from 'node:timers/promises'
import { CATALOGUE_TABLE_ID } from '../../../src/engine/format/system-tables.ts'
import { DELETE_TABLE } from '../../../src/engine/jobs/delete-table-job.ts'
import type { JobTimes } from '../../../src/engine/leases/lease.ts'
import { listJobs } from '../../../src/engine/leases/ledger.ts'
import { putItem } from '../../../src/operations/items/put-item.ts'
import { deleteTable } from '../../../src/operations/tables/delete-table.ts'
import { listTables } from '../../../src/operations/tables/list-tables.ts'
import type { StorageDriver } from '../../../src/storage/driver.ts'
import { EngineFixture } from '../../engine/engine-fixture.ts'
import { type Reads, wholly } from './counts.ts'
import { persistently } from './persistently.ts'
import type { TracedSlices } from './traced-slices.ts'

const LANES = 32
const ITEMS = 2
const POLL_MS = 1_000
const END_LIMIT_MS = 1_200_000

export const ENGINE_TIMES: JobTimes = {
  ...{ leaseMs: 30_000, marginMs: 5_000, renewalMs: 7_500 },
  ...{ pollMs: 250, turnMs: 20_000, failurePauseMaxMs: 5_000 },
}

/** Tables of one project that are made, written to and deleted. */
export class WornTables {
  readonly #engines: readonly EngineFixture[]
  readonly #driver: StorageDriver
  readonly #slices: TracedSlices
  #named = 0

  constructor(drivers: readonly [StorageDriver, ...StorageDriver[]], slices: TracedSlices) {
    this.#driver = drivers[0]
    this.#slices = slices
    const options = { projectId: 'worn', jobTimes: ENGINE_TIMES }
    this.#engines = drivers.map((driver) => new EngineFixture({ ...options, driver }))
  }

  /** Resolves when nothing is left of them. */
  async makeAndDelete(count: number): Promise<void> {
    const [engine] = this.#engines
    if (!engine) throw new Error('no engine')
    const first = this.#named
    this.#named += count
    const names = Array.from({ length: count }, (_, n) => `table-${first + n}`)
    let next = 0
    const lane = async () => {
      for (let name = names[next++]; name; name = names[next++]) {
        await persistently(() => engine.create(name), 'table_exists')
        for (let n = 0; n < ITEMS; n++) {
          const item = new Map([
            ['h', { type: 'S', value: 'h' }],
            ['r', { type: 'N', value: `${n}` }],
          ] as const)
          const put = { table: name, item, returnValues: 'NONE' } as const
          await persistently(() => engine.run(putItem, put))
        }
        await persistently(() => engine.run(deleteTable, { table: name }), 'table_not_active')
      }
    }
    await Promise.all(Array.from({ length: LANES }, lane))
    await this.#untilDeleted()
  }

  /** ListTables, to the end. */
  async list(): Promise<Reads> {
    const [engine] = this.#engines
    return wholly(() =>
      this.#slices.of([CATALOGUE_TABLE_ID], async () => {
        const found = await engine?.run(listTables, { limit: 100 })
        if (found?.tables.length !== 0) throw new Error('there still are tables')
      }),
    )
  }

  errors(): readonly unknown[] {
    return this.#engines.flatMap(({ backgroundErrors }) => backgroundErrors)
  }

  async close(): Promise<void> {
    await Promise.all(this.#engines.map((engine) => engine.close()))
  }

  async #untilDeleted(): Promise<void> {
    const until = performance.now() + END_LIMIT_MS
    for (;;) {
      const jobs = await persistently(() => listJobs(this.#driver))
      if (!jobs?.some(({ job }) => job.kind === DELETE_TABLE)) return
      if (performance.now() > until) throw new Error(`${jobs.length} jobs are not done`)
      await delay(POLL_MS)
    }
  }
}
