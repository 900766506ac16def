import { EXPIRY_TABLE_ID, tableIdOf } from '../../../src/engine/format/system-tables.ts'
import {
  EXPIRE_ITEMS,
  ExpireItems,
  expiredUntil,
} from '../../../src/engine/jobs/expire-items-job.ts'
import {
  EXPIRY_SHARDS,
  expiryPartition,
  expirySlice,
  minuteOf,
} from '../../../src/engine/jobs/expiry-journal.ts'
import { addStanding } from '../../../src/engine/leases/heads.ts'
import type { Job } from '../../../src/engine/leases/job.ts'
import { listJobs } from '../../../src/engine/leases/ledger.ts'
import { putItem } from '../../../src/operations/items/put-item.ts'
import { describeTable } from '../../../src/operations/tables/describe-table.ts'
import { CassandraDriver } from '../../../src/storage/cassandra/driver.ts'
import type { CassandraOptions } from '../../../src/storage/cassandra/options.ts'
import type { StorageDriver } from '../../../src/storage/driver.ts'
import { EngineFixture } from '../../engine/engine-fixture.ts'
import { item } from '../../engine/short-items.ts'
import { strongRead } from '../../storage/contract/table-fixture.ts'
import { atOnce, below } from '../../support/at-once.ts'
import { until } from '../../support/until.ts'
import { type Reads, readsOf } from './counts.ts'
import { persistently } from './persistently.ts'
import type { TracedSlices } from './traced-slices.ts'
import { ENGINE_TIMES } from './worn-tables.ts'

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
const ADD_MS = 10_000

/** A driver whose clocks are ahead. */
class LaterDriver extends CassandraDriver {
  override async engineTime(deadline: number): Promise<number> {
    return (await super.engineTime(deadline)) + AHEAD_MS
  }
}

export interface Expired {
  readonly sweeps: Reads
  /** Reads of dropped journals, by the second look of the next sweep. */
  readonly again: Reads
  readonly putMs: number
  readonly sweepMs: number
  /** Items that still exist. */
  readonly left: number
}

/** Puts items that expire soon, and lets two processes' sweeps delete them. */
export async function expireItems(
  options: CassandraOptions,
  count: number,
  slices: TracedSlices,
): Promise<Expired> {
  const writer = new CassandraDriver(options)
  const sweepers = [new LaterDriver(options), new LaterDriver(options)]
  await Promise.all([writer, ...sweepers].map((driver) => driver.open()))
  try {
    const since = performance.now()
    const written = await put(writer, count)
    const putMs = performance.now() - since
    const swept = await slices.of([EXPIRY_TABLE_ID], () => sweep(sweepers, written))
    const again = await slices.of([EXPIRY_TABLE_ID], () => readAgain(writer, written))
    const left = await countLeft(writer, written, count)
    const sweepMs = Math.round(swept.result)
    return {
      sweeps: readsOf(swept),
      again: readsOf(again),
      putMs: Math.round(putMs),
      sweepMs,
      left,
    }
  } finally {
    await Promise.all([writer, ...sweepers].map((driver) => driver.close()))
  }
}

interface Written {
  readonly table: Buffer
  readonly partitions: ReadonlySet<string>
  readonly firstMinute: number
  readonly lastMinute: number
}

async function put(driver: CassandraDriver, count: number): Promise<Written> {
  const engine = new EngineFixture({ driver })
  // No sweep yet. Later ones must begin at the minute of the first write.
  await engine.engine.jobs.close()
  try {
    await persistently(() => engine.create(TABLE), 'table_exists')
    const { id } = await engine.run(describeTable, { table: TABLE })
    const firstMinute = await addSweeps(engine)
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

/** Adds the standing jobs, as a process does that starts now. */
async function addSweeps({ engine, driver }: EngineFixture): Promise<number> {
  await persistently(() => engine.time.now(performance.now() + ADD_MS))
  const minute = minuteOf(engine.time.expiryNow())
  const sweeps = new ExpireItems({ ...engine, driver, onBackgroundError: () => {} }).standing()
  for (let added = 0; added < sweeps.length; ) {
    const deadline = performance.now() + ADD_MS
    await persistently(() => Promise.all(sweeps.map((job) => addStanding(driver, job, deadline))))
    added = (await sweepsOf(driver)).length
  }
  return minute
}

async function sweepsOf(driver: StorageDriver): Promise<readonly Job[]> {
  const jobs = (await persistently(() => listJobs(driver))) ?? []
  return jobs.map(({ job }) => job).filter(({ kind }) => kind === EXPIRE_ITEMS)
}

/** Waits until all sweeps have passed the minutes of the writes. Returns the milliseconds. */
async function sweep(drivers: readonly LaterDriver[], { lastMinute }: Written): Promise<number> {
  const [driver] = drivers
  if (!driver) throw new Error('nobody sweeps')
  const now = () => Date.now() + AHEAD_MS
  const options = { now, jobTimes: ENGINE_TIMES }
  const engines = drivers.map((driver) => new EngineFixture({ ...options, driver }))
  const since = performance.now()
  try {
    const end = (lastMinute + 1) * MINUTE_MS
    const areSwept = async () =>
      (await sweepsOf(driver)).every(({ state }) => expiredUntil(state) >= end)
    await until('all is swept', areSwept, { limitMs: END_LIMIT_MS, pauseMs: POLL_MS })
    return performance.now() - since
  } finally {
    await Promise.all(engines.map((engine) => engine.close()))
  }
}

async function readAgain(driver: CassandraDriver, written: Written): Promise<void> {
  const journals: Buffer[] = []
  for (let minute = written.firstMinute; minute <= written.lastMinute; minute++) {
    for (let shard = 0; shard < EXPIRY_SHARDS; shard++)
      journals.push(expiryPartition(shard, minute))
  }
  await atOnce(READS_AT_ONCE, journals, (journal) =>
    persistently(() => expirySlice(driver, journal, undefined, strongRead())),
  )
}

async function countLeft(
  driver: CassandraDriver,
  { table, partitions }: Written,
  count: number,
): Promise<number> {
  let left = 0
  for (const hash of partitions) {
    const budget = { rows: count, bytes: 2 ** 24 }
    const page = await persistently(() =>
      driver.slice(table, Buffer.from(hash), {}, 'forward', budget, strongRead()),
    )
    left += page?.rows.length ?? 0
  }
  return left
}
