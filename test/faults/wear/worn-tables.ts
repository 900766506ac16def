import { CATALOGUE_TABLE_ID } from '../../../src/engine/format/system-tables.ts'
import { DELETE_TABLE } from '../../../src/engine/jobs/delete-table-job.ts'
import type { JobTimes } from '../../../src/engine/leases/lease.ts'
import { listJobs } from '../../../src/engine/leases/ledger.ts'
import { putItem } from '../../../src/operations/items/put-item.ts'
import { deleteTable } from '../../../src/operations/tables/delete-table.ts'
import { listTables } from '../../../src/operations/tables/list-tables.ts'
import type { StorageDriver } from '../../../src/storage/driver.ts'
import { EngineFixture } from '../../engine/engine-fixture.ts'
import { item } from '../../engine/short-items.ts'
import { atOnce } from '../../support/at-once.ts'
import { until } from '../../support/until.ts'
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

/** Tables of one project that are created, written to and deleted. */
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

  /** Resolves when nothing of the tables remains. */
  async makeAndDelete(count: number): Promise<void> {
    const [engine] = this.#engines
    if (!engine) throw new Error('no engine')
    const first = this.#named
    this.#named += count
    const names = Array.from({ length: count }, (_, n) => `table-${first + n}`)
    await atOnce(LANES, names, async (table) => {
      await persistently(() => engine.create(table), 'table_exists')
      for (let r = 0; r < ITEMS; r++) {
        const put = { table, item: item({ h: 'h', r }), returnValues: 'NONE' } as const
        await persistently(() => engine.run(putItem, put))
      }
      await persistently(() => engine.run(deleteTable, { table }), 'table_not_active')
    })
    await this.#untilDeleted()
  }

  /** Reads of a complete ListTables. */
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

  #untilDeleted(): Promise<void> {
    const areDeleted = async () => {
      const jobs = await persistently(() => listJobs(this.#driver))
      return !jobs?.some(({ job }) => job.kind === DELETE_TABLE)
    }
    return until('all tables are deleted', areDeleted, { limitMs: END_LIMIT_MS, pauseMs: POLL_MS })
  }
}
