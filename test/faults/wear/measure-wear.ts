import { randomBytes } from 'node:crypto'
import { CassandraDriver } from '../../../src/storage/cassandra/driver.ts'
import type { CassandraOptions } from '../../../src/storage/cassandra/options.ts'
import { cassandraOptions, TestKeyspace } from '../../live/cassandra-keyspace.ts'
import type { Measured } from '../figure.ts'
import { PlainWrites } from '../nodes/plain-writes.ts'
import { growthFaults, type Reads, sliceFaults, wholly } from './counts.ts'
import { readStretch, type Stretch, type StretchRead } from './dense-stretches.ts'
import { expireItems } from './expired-items.ts'
import { FinishedJobs } from './finished-jobs.ts'
import { TracedSlices } from './traced-slices.ts'
import { WornTables } from './worn-tables.ts'

export interface WearAmounts {
  /** Runs all parts at once, which is faster. One after another, Cassandra drops fewer traces. */
  readonly atOnce: boolean
  readonly earlyJobs: number
  readonly jobs: number
  /** Deletions of tables: before the first measurement and, below, in total. */
  readonly earlyDeletions: number
  readonly deletions: number
  readonly expiries: number
  readonly stretches: readonly Pick<Stretch, 'shape' | 'rows'>[]
  /** Deleted rows of the control without landmarks. */
  readonly plainRows: number
}

/** The result of one part, with its faults. */
interface Part {
  readonly faults: readonly string[]
  readonly detail: Readonly<Record<string, unknown>>
}

interface Place {
  readonly options: CassandraOptions
  readonly amounts: WearAmounts
  readonly slices: TracedSlices
}

/** Shape of the keys that are also scanned. One shape suffices, because a scan does not depend on
 * keys. */
const SCANNED = 'alike in 25 bytes'
const PROCESSES = 2

export async function measureWear(
  { host, port }: { readonly host: string; readonly port: number },
  amounts: WearAmounts,
): Promise<Measured> {
  const options = cassandraOptions({ contact_points: [host], port, request_timeout: 30 })
  const slices = new TracedSlices(options)
  const place = { options, amounts, slices }
  // Jobs have their own keyspace, so that their polls see no other jobs.
  const jobsOptions = { ...options, keyspace: `${options.keyspace}_jobs` }
  const measures = {
    jobs: () => measureJobs({ ...place, options: jobsOptions }),
    deletions: () => measureTables(place),
    expiries: () => measureExpiry(place),
    stretches: () => measureStretches(place),
  }
  try {
    const parts: Promise<Part>[] = []
    for (const [what, measure] of Object.entries(measures)) {
      const failed = (error: unknown) => ({ faults: [`${what}: ${error}`], detail: {} })
      const part = measure().catch(failed)
      parts.push(part)
      if (!amounts.atOnce) await part
    }
    const seen = await Promise.all(parts)
    const faults = seen.flatMap((part) => part.faults)
    const detail = Object.assign({}, ...seen.map((part) => part.detail))
    const target = '0 growing or given up, all controls found'
    return { value: faults.length, target, faults, detail }
  } finally {
    await slices.end()
    await new TestKeyspace(options).drop()
    await new TestKeyspace(jobsOptions).drop()
  }
}

async function measureJobs({ amounts, options, slices }: Place): Promise<Part> {
  const { earlyJobs, jobs: count } = amounts
  const since = performance.now()
  const { errors, early, busy, late } = await withDrivers(options, async (drivers) => {
    const jobs = new FinishedJobs(drivers, slices)
    await jobs.until(earlyJobs)
    const early = await jobs.look()
    const busy = await jobs.until(count)
    return { early, busy, late: await jobs.look(), errors: jobs.errors }
  })
  const jobsSeconds = Math.round((performance.now() - since) / 1_000)
  const control = await lookAtOnePartition(options, [earlyJobs, count], slices)
  const [before, after] = control
  if (!before || !after) throw new Error('no control')
  const isFound = growthFaults('', before, after).length + sliceFaults('', after).length === 2
  const faults = [
    ...growthFaults('a look at the jobs', early, late),
    ...sliceFaults('a look at the jobs under way', busy),
    ...sliceFaults('a look at the jobs', late),
    ...(isFound ? [] : ['jobs of one partition cost no more after many']),
  ]
  const looks = { early, busy, late, onePartition: control, errors: errors.length }
  return { faults, detail: { jobs: count, jobsSeconds, looks } }
}

async function measureTables({ amounts, options, slices }: Place): Promise<Part> {
  const { earlyDeletions, deletions } = amounts
  const since = performance.now()
  return withDrivers(options, async (drivers) => {
    const tables = new WornTables(drivers, slices)
    try {
      await tables.makeAndDelete(earlyDeletions)
      const early = await tables.list()
      await tables.makeAndDelete(deletions - earlyDeletions)
      const late = await tables.list()
      const deletionsSeconds = Math.round((performance.now() - since) / 1_000)
      const errors = tables.errors().length
      const faults = sliceFaults('ListTables', late)
      return { faults, detail: { deletions, deletionsSeconds, lists: { early, late, errors } } }
    } finally {
      await tables.close()
    }
  })
}

async function measureExpiry({ amounts, options, slices }: Place): Promise<Part> {
  const { expiries } = amounts
  const expired = await expireItems(options, expiries, slices)
  const { sweeps, again, left } = expired
  const faults = [...sliceFaults('a sweep', sweeps), ...sliceFaults('the next sweep', again)]
  if (sweeps.untraced === 0 && sweeps.live < expiries)
    faults.push(`sweeps read ${sweeps.live} of ${expiries} rows`)
  if (again.live > 0) faults.push(`the next sweep finds ${again.live} rows`)
  if (left > 0) faults.push(`${left} items have not gone`)
  return { faults, detail: { expiries, expired } }
}

async function measureStretches({ amounts, options }: Place): Promise<Part> {
  // The first driver creates the keyspace.
  await withDrivers(options, async () => {})
  const readers = ['forward', 'backward', 'sorts'] as const
  const stretches: StretchRead[] = []
  for (const stretch of amounts.stretches) {
    const own = stretch.shape === SCANNED ? [...readers, 'scan' as const] : readers
    stretches.push(...(await readStretch(options, { ...stretch, landmarks: true, readers: own })))
  }
  const faults = stretches.flatMap((read) => read.faults)
  const control = { shape: SCANNED, rows: amounts.plainRows, landmarks: false, readers }
  const plain = await readStretch(options, control)
  for (const { reader, rows, faults: found } of plain) {
    if (found.length === 0) faults.push(`${reader} passes ${rows} rows without landmarks`)
  }
  return { faults, detail: { stretches, plain } }
}

/** A control: jobs in one partition, as before the ledger, where each is deleted when it is done,
 * and which is read from its beginning. Returns what a poll reads after each count of jobs. */
async function lookAtOnePartition(
  options: CassandraOptions,
  counts: readonly number[],
  slices: TracedSlices,
): Promise<Reads[]> {
  const writes = await PlainWrites.open(options)
  try {
    return await withDrivers(options, async ([driver]) => {
      const [table, partition] = [randomBytes(16), Buffer.from('jobs')]
      const looks: Reads[] = []
      let made = 0
      for (const count of counts) {
        const sorts = Array.from({ length: count - made }, () => randomBytes(16))
        made = count
        await writes.put([{ table, partition, sorts }])
        await writes.delete([{ table, partition, sorts }], false)
        const look = () => {
          const read = { level: 'strong', deadline: performance.now() + 30_000 } as const
          const budget = { rows: 1_000, bytes: 4 * 1024 * 1024 }
          return driver.slice(table, partition, {}, 'forward', budget, read)
        }
        looks.push(await wholly(() => slices.of([table], look)))
      }
      return looks
    })
  } finally {
    await writes.close()
  }
}

type Drivers = readonly [CassandraDriver, ...CassandraDriver[]]

async function withDrivers<T>(
  options: CassandraOptions,
  use: (drivers: Drivers) => Promise<T>,
): Promise<T> {
  const drivers: [CassandraDriver, ...CassandraDriver[]] = [new CassandraDriver(options)]
  while (drivers.length < PROCESSES) drivers.push(new CassandraDriver(options))
  await Promise.all(drivers.map((driver) => driver.open()))
  try {
    return await use(drivers)
  } finally {
    await Promise.all(drivers.map((driver) => driver.close()))
  }
}
