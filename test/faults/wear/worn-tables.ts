import { CATALOGUE_TABLE_ID } from '../../../src/engine/format/system-tables.ts'
import { DELETE_TABLE } from '../../../src/engine/jobs/delete-table-job.ts'
import { listJobs } from '../../../src/engine/leases/ledger.ts'
import { putItem } from '../../../src/operations/items/put-item.ts'
import { deleteTable } from '../../../src/operations/tables/delete-table.ts'
import { listTables } from '../../../src/operations/tables/list-tables.ts'
import { EngineFixture } from '../../engine/engine-fixture.ts'
import { item } from '../../engine/short-items.ts'
import { atOnce, below } from '../../support/at-once.ts'
import { until } from '../../support/until.ts'
import { persistently } from '../persistently.ts'
import { sliceFaults, wholly } from './counts.ts'
import { type Part, type Place, TIMES, withDrivers } from './part.ts'

const LANES = 32
const ITEMS = 2
const POLL_MS = 1_000
const END_LIMIT_MS = 1_200_000

/** What ListTables costs after tables of one project were made, written to and deleted. */
export async function measureTables({ amounts, options, slices }: Place): Promise<Part> {
  const { earlyDeletions, deletions } = amounts
  return withDrivers(options, async ([first, second]) => {
    const own = { projectId: 'worn', jobTimes: TIMES }
    const fixture = new EngineFixture({ driver: first, ...own })
    const other = new EngineFixture({ driver: second, ...own })
    const list = async () => {
      const { tables } = await fixture.run(listTables, { limit: 100 })
      if (tables.length > 0) throw new Error('there still are tables')
    }
    const listed = () => wholly(() => slices.of([CATALOGUE_TABLE_ID], list))
    try {
      await makeAndDelete(fixture, 'early', earlyDeletions)
      const early = await listed()
      await makeAndDelete(fixture, 'late', deletions - earlyDeletions)
      const late = await listed()
      const errors = fixture.backgroundErrors.length + other.backgroundErrors.length
      const detail = { deletions, lists: { early, late, errors } }
      return { faults: sliceFaults('ListTables', late), detail }
    } finally {
      await fixture.close()
      await other.close()
    }
  })
}

/** Resolves when nothing of the tables remains. */
async function makeAndDelete(fixture: EngineFixture, name: string, count: number): Promise<void> {
  await atOnce(LANES, below(count), async (n) => {
    const table = `${name}-${n}`
    await persistently(() => fixture.create(table), 'table_exists')
    for (let r = 0; r < ITEMS; r++) {
      const put = { table, item: item({ h: 'h', r }), returnValues: 'NONE' } as const
      await persistently(() => fixture.run(putItem, put))
    }
    await persistently(() => fixture.run(deleteTable, { table }), 'table_not_active')
  })
  const areDeleted = async () => {
    const jobs = await persistently(() => listJobs(fixture.driver))
    return !jobs?.some(({ job }) => job.kind === DELETE_TABLE)
  }
  await until('all tables are deleted', areDeleted, { limitMs: END_LIMIT_MS, pauseMs: POLL_MS })
}
