import { setTimeout as delay } from 'node:timers/promises'
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
import { type Reads, readsOf } from './counts.ts'
import { persistently } from './persistently.ts'
import type { TracedSlices } from './traced-slices.ts'
import { ENGINE_TIMES } from './worn-tables.ts'

const TABLE = 'expiring'
const LANES = 64
const ITEMS_PER_PARTITION = 100
const LIFE_SECONDS = 2
/** How far the clocks of those that sweep are ahead: all minutes are closed, all rows settled. */
const AHEAD_MS = 180_000
const MINUTE_MS = 60_000
const POLL_MS = 1_000
const END_LIMIT_MS = 1_800_000
const READS_AT_ONCE = 16
const ADD_MS = 10_000

/** Its engine's time and its machine's are ahead of the others'. */
class LaterDriver extends CassandraDriver {
  override async engineTime(deadline: number): Promise<number> {
    return (await super.engineTime(deadline)) + AHEAD_MS
  }
}

export interface Expired {
  readonly sweeps: Reads
  /** The journals read again when they are dropped, which is the next sweep's second look. */
  readonly again: Reads
  readonly putMs: number
  readonly sweepMs: number
  /** Items that are still there. */
  readonly left: number
}

/** Puts items that expire at once, and then deletes them by the sweep of two processes. */
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
  // Nobody sweeps yet: whoever does begins where the writes begin.
  await engine.engine.jobs.close()
  try {
    await persistently(() => engine.create(TABLE), 'table_exists')
    const { id } = await engine.run(describeTable, { table: TABLE })
    const firstMinute = await addSweeps(engine)
    const partitions = new Set<string>()
    let next = 0
    const lane = async () => {
      while (next < count) {
        const n = next++
        const hash = `partition-${Math.floor(n / ITEMS_PER_PARTITION)}`
        partitions.add(hash)
        const item = new Map([
          ['h', { type: 'S', value: hash }],
          ['r', { type: 'N', value: `${n}` }],
        ] as const)
        const command = { table: TABLE, item, returnValues: 'NONE' } as const
        const put = { ...command, timeToLiveSeconds: LIFE_SECONDS }
        await persistently(() => engine.run(putItem, put))
      }
    }
    await Promise.all(Array.from({ length: LANES }, lane))
    const lastMinute = minuteOf(Date.now() + 2 * LIFE_SECONDS * 1_000)
    return { table: tableIdOf({ id }), partitions, firstMinute, lastMinute }
  } finally {
    await engine.close()
  }
}

/** Makes the standing jobs as a process makes them that starts now. */
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

/** Until the minutes of the writes are behind every sweep; for so many milliseconds. */
async function sweep(drivers: readonly LaterDriver[], { lastMinute }: Written): Promise<number> {
  const [driver] = drivers
  if (!driver) throw new Error('nobody sweeps')
  const now = () => Date.now() + AHEAD_MS
  const options = { now, jobTimes: ENGINE_TIMES }
  const engines = drivers.map((driver) => new EngineFixture({ ...options, driver }))
  const since = performance.now()
  try {
    for (;;) {
      const sweeps = await sweepsOf(driver)
      const end = (lastMinute + 1) * MINUTE_MS
      if (sweeps.every(({ state }) => expiredUntil(state) >= end)) return performance.now() - since
      if (performance.now() - since > END_LIMIT_MS) throw new Error('the sweep has no end')
      await delay(POLL_MS)
    }
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
  for (let first = 0; first < journals.length; first += READS_AT_ONCE) {
    const some = journals.slice(first, first + READS_AT_ONCE)
    await persistently(() => {
      const read = { level: 'strong', deadline: performance.now() + 30_000 } as const
      return Promise.all(some.map((journal) => expirySlice(driver, journal, undefined, read)))
    })
  }
}

async function countLeft(
  driver: CassandraDriver,
  { table, partitions }: Written,
  count: number,
): Promise<number> {
  let left = 0
  for (const hash of partitions) {
    const budget = { rows: count, bytes: 2 ** 24 }
    const page = await persistently(() => {
      const read = { level: 'strong', deadline: performance.now() + 30_000 } as const
      return driver.slice(table, Buffer.from(hash), {}, 'forward', budget, read)
    })
    left += page?.rows.length ?? 0
  }
  return left
}
