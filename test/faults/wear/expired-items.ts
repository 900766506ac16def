import { setTimeout as delay } from 'node:timers/promises'
import { EXPIRY_TABLE_ID, tableIdOf } from '../../../src/engine/format/system-tables.ts'
import { EXPIRE_ITEMS, expiredUntil } from '../../../src/engine/jobs/expire-items-job.ts'
import {
  EXPIRY_SHARDS,
  expiryPartition,
  expirySlice,
  minuteOf,
} from '../../../src/engine/jobs/expiry-journal.ts'
import { listJobs } from '../../../src/engine/leases/ledger.ts'
import { putItem } from '../../../src/operations/items/put-item.ts'
import { describeTable } from '../../../src/operations/tables/describe-table.ts'
import { CassandraDriver } from '../../../src/storage/cassandra/driver.ts'
import { EngineFixture } from '../../engine/engine-fixture.ts'
import { item } from '../../engine/short-items.ts'
import { strongRead } from '../../storage/contract/table-fixture.ts'
import { atOnce, below } from '../../support/at-once.ts'
import { until } from '../../support/until.ts'
import { persistently } from '../persistently.ts'
import { sliceFaults } from './counts.ts'
import { type Drivers, type Part, type Place, TIMES, withDrivers } from './part.ts'

const TABLE = 'expiring'
const LANES = 64
const ITEMS_PER_PARTITION = 100
const LIFE_SECONDS = 2
/** Milliseconds that the sweepers' clocks are ahead, so that all minutes are closed, and all rows
 * settled. */
const AHEAD_MS = 180_000
const MINUTE_MS = 60_000
const POLL_MS = 1_000
const END_LIMIT_MS = 1_800_000
const READS_AT_ONCE = 16

/** A driver whose clocks are ahead. */
class LaterDriver extends CassandraDriver {
  override async engineTime(deadline: number): Promise<number> {
    return (await super.engineTime(deadline)) + AHEAD_MS
  }
}

/** Puts items that expire soon, and lets two processes' sweeps delete them. */
export async function measureExpiry({ amounts, options, slices }: Place): Promise<Part> {
  const { expiries } = amounts
  return withDrivers(options, async ([writer]) => {
    const written = await put(writer, expiries)
    const later = () => new LaterDriver(options)
    const { reads: sweeps } = await slices.of([EXPIRY_TABLE_ID], () =>
      withDrivers(options, (drivers) => sweep(drivers, written), later),
    )
    /** Reads of dropped journals, by the second look of the next sweep. */
    const { reads: again } = await slices.of([EXPIRY_TABLE_ID], () => readAgain(writer, written))
    const left = await countLeft(writer, written, expiries)
    const faults = [...sliceFaults('a sweep', sweeps), ...sliceFaults('the next sweep', again)]
    const isShort = sweeps.untraced === 0 && sweeps.live < expiries
    if (isShort) faults.push(`sweeps read ${sweeps.live} of ${expiries} rows`)
    if (again.live > 0) faults.push(`the next sweep finds ${again.live} rows`)
    if (left > 0) faults.push(`${left} items have not gone`)
    return { faults, detail: { expiries, expired: { sweeps, again, left } } }
  })
}

type Written = Awaited<ReturnType<typeof put>>

async function put(driver: CassandraDriver, count: number) {
  const firstMinute = minuteOf(Date.now())
  const engine = await startEngine(driver)
  try {
    await persistently(() => engine.create(TABLE), 'table_exists')
    const { id } = await engine.run(describeTable, { table: TABLE })
    const partitions = new Set<string>()
    await atOnce(LANES, below(count), async (n) => {
      const hash = `partition-${Math.floor(n / ITEMS_PER_PARTITION)}`
      partitions.add(hash)
      const put = { table: TABLE, item: item({ h: hash, r: n }), returnValues: 'NONE' } as const
      const expiring = { ...put, timeToLiveSeconds: LIFE_SECONDS }
      await persistently(() => engine.run(putItem, expiring))
    })
    const lastMinute = minuteOf(Date.now() + 2 * LIFE_SECONDS * 1_000)
    return { table: tableIdOf({ id }), partitions, firstMinute, lastMinute }
  } finally {
    await engine.close()
  }
}

/** An engine that adds the sweeps in its only poll, so that later ones begin at the minute of the
 * first write, and that does not sweep. */
async function startEngine(driver: CassandraDriver, attempts = 20): Promise<EngineFixture> {
  const engine = new EngineFixture({ driver })
  await engine.engine.jobs.close()
  if (engine.backgroundErrors.length === 0) return engine
  await engine.close()
  if (attempts === 1) throw engine.backgroundErrors[0]
  await delay(POLL_MS)
  return startEngine(driver, attempts - 1)
}

/** Until the minutes of the writes are behind every sweep. */
async function sweep(drivers: Drivers, { lastMinute }: Written): Promise<void> {
  const options = { now: () => Date.now() + AHEAD_MS, jobTimes: TIMES }
  const engines = drivers.map((driver) => new EngineFixture({ ...options, driver }))
  try {
    const end = (lastMinute + 1) * MINUTE_MS
    const areSwept = async () => {
      const jobs = (await persistently(() => listJobs(drivers[0]))) ?? []
      const sweeps = jobs.filter(({ job }) => job.kind === EXPIRE_ITEMS)
      return sweeps.length > 0 && sweeps.every(({ job }) => expiredUntil(job.state) >= end)
    }
    await until('all is swept', areSwept, { limitMs: END_LIMIT_MS, pauseMs: POLL_MS })
  } finally {
    await Promise.all(engines.map((engine) => engine.close()))
  }
}

async function readAgain(driver: CassandraDriver, written: Written): Promise<void> {
  const { firstMinute, lastMinute } = written
  const journals = below(lastMinute - firstMinute + 1).flatMap((minute) =>
    below(EXPIRY_SHARDS).map((shard) => expiryPartition(shard, firstMinute + minute)),
  )
  await atOnce(READS_AT_ONCE, journals, (journal) =>
    persistently(() => expirySlice(driver, journal, undefined, strongRead())),
  )
}

async function countLeft(driver: CassandraDriver, { table, partitions }: Written, count: number) {
  const budget = { rows: count, bytes: 2 ** 24 }
  let left = 0
  for (const hash of partitions) {
    const page = await persistently(() =>
      driver.slice(table, Buffer.from(hash), {}, 'forward', budget, strongRead()),
    )
    left += page?.rows.length ?? 0
  }
  return left
}
