import type { JobTimes } from '../../../src/engine/leases/lease.ts'
import { CassandraDriver } from '../../../src/storage/cassandra/driver.ts'
import type { CassandraOptions } from '../../../src/storage/cassandra/options.ts'
import type { WearAmounts } from './amounts.ts'
import type { TracedSlices } from './traced-slices.ts'

/** What a part of the figure works with. */
export interface Place {
  readonly options: CassandraOptions
  readonly amounts: WearAmounts
  readonly slices: TracedSlices
}

/** What a part of the figure saw, and what of that may not be. */
export interface Part {
  readonly faults: readonly string[]
  readonly detail: Readonly<Record<string, unknown>>
}

/** Polls more than once a second, so that jobs are soon done and epochs soon idle. */
export const TIMES: JobTimes = {
  ...{ leaseMs: 30_000, marginMs: 5_000, renewalMs: 7_500 },
  ...{ pollMs: 200, turnMs: 20_000, failurePauseMaxMs: 1_000 },
}

export type Drivers = readonly [CassandraDriver, CassandraDriver]

/** Uses the drivers of two processes. */
export async function withDrivers<T>(
  options: CassandraOptions,
  use: (drivers: Drivers) => Promise<T>,
  driverOf = () => new CassandraDriver(options),
): Promise<T> {
  const drivers: Drivers = [driverOf(), driverOf()]
  try {
    await Promise.all(drivers.map((driver) => driver.open()))
    return await use(drivers)
  } finally {
    await Promise.all(drivers.map((driver) => driver.close()))
  }
}
