import { randomBytes } from 'node:crypto'
import { CassandraDriver } from '../../../src/storage/cassandra/driver.ts'
import type { CassandraOptions } from '../../../src/storage/cassandra/options.ts'
import { TestKeyspace } from '../../live/cassandra-keyspace.ts'
import type { Seeded } from '../../seeded.ts'
import type { Measured } from '../figure.ts'
import { growthFaults, sliceFaults } from './counts.ts'
import { ALL_READERS } from './dense-pages.ts'
import { DenseStretches, type Stretch, type StretchRead } from './dense-stretches.ts'
import { expireItems } from './expired-items.ts'
import { FinishedJobs } from './finished-jobs.ts'
import { lookAtOnePartition } from './one-partition.ts'
import { TracedSlices } from './traced-slices.ts'
import { WornTables } from './worn-tables.ts'

export interface WearAmounts {
  /** All parts at once, which takes less time; one after the other Cassandra drops fewer traces. */
  readonly atOnce: boolean
  readonly earlyJobs: number
  readonly jobs: number
  /** Of tables. */
  readonly earlyDeletions: number
  readonly deletions: number
  readonly expiries: number
  /** Made through the driver, to see that the seeded rows are like them. */
  readonly realDeletes: number
  readonly stretches: readonly Pick<Stretch, 'shape' | 'rows'>[]
  /** Deleted rows of the control without landmarks. */
  readonly plainRows: number
}

/** One part: what it saw, and what of that may not be. */
interface Part {
  readonly faults: readonly string[]
  readonly detail: Readonly<Record<string, unknown>>
}

interface Place {
  readonly options: CassandraOptions
  readonly amounts: WearAmounts
  readonly slices: TracedSlices
  readonly random: Seeded
}

/** Keys of which the scan is tried as well: an index shows only what was put, and a scan does not
 * look at keys. */
const SCANNED = 'alike in 25 bytes'
const PROCESSES = 2

export async function measureWear(
  { host, port }: { readonly host: string; readonly port: number },
  amounts: WearAmounts,
  random: Seeded,
): Promise<Measured> {
  const options: CassandraOptions = {
    ...{ contactPoints: [host], port, localDataCenter: 'datacenter1' },
    keyspace: `wear_${randomBytes(8).toString('hex')}`,
    ...{ replicationClass: 'SimpleStrategy', replicationFactor: '1' },
    requestTimeoutMs: 30_000,
  }
  const slices = new TracedSlices(options)
  const place = { options, amounts, slices, random }
  // Jobs have a ledger of their own, so that their looks see nothing else.
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

async function measureJobs({ amounts, options, slices, random }: Place): Promise<Part> {
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
  const control = await lookAtOnePartition(options, [earlyJobs, count], slices, random)
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

async function measureStretches(place: Place): Promise<Part> {
  const { amounts, options, slices, random } = place
  const dense = await DenseStretches.open(options, slices, random)
  try {
    const { faults: unlike, ...shares } = await dense.shares(amounts.realDeletes)
    const faults = [...unlike]
    const seen: StretchRead[] = []
    for (const stretch of amounts.stretches) {
      const isScanned = stretch.shape === SCANNED
      const readers = isScanned ? ALL_READERS : (['forward', 'backward', 'sorts'] as const)
      seen.push(...(await dense.read({ ...stretch, landmarks: true, readers })))
    }
    for (const read of seen) faults.push(...stretchFaults(read))
    const plain = { shape: SCANNED, rows: amounts.plainRows, landmarks: false } as const
    const control = await dense.read({ ...plain, readers: ['forward', 'backward', 'sorts'] })
    for (const read of control) {
      const isFound = stretchFaults(read).length > 0
      if (!isFound) faults.push(`${read.reader} passes ${read.rows} rows without landmarks`)
    }
    return { faults, detail: { shares, stretches: seen, plain: control } }
  } finally {
    await dense.close()
  }
}

function stretchFaults({ shape, reader, rows, failedOfPage, found, error }: StretchRead): string[] {
  const what = `${reader} over ${rows} rows ${shape}`
  return [
    ...(failedOfPage > 1 ? [`${what}: ${failedOfPage} reads of a page failed`] : []),
    ...(error === undefined && found !== 1 ? [`${what}: found ${found} rows`] : []),
    ...(error === undefined ? [] : [`${what}: ${error}`]),
  ]
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
