import { CATALOGUE_REVISION_TABLE_ID } from '../../src/engine/format/system-tables.ts'
import type { Row } from '../../src/storage/driver.ts'
import {
  type CommitResult,
  type StorageDriver,
  StorageUnavailableError,
} from '../../src/storage/driver.ts'
import type { FixtureOptions } from '../engine/engine-fixture.ts'
import type { Seeded } from '../seeded.ts'
import type { Subject } from './schedule.ts'

/** A bug that the simulation must find, in a process's calls to its storage or in its clocks. */
export interface PlantedBug {
  readonly name: string
  /** The schedules that show it. */
  readonly subject: Subject
  driver?(driver: StorageDriver, random: Seeded): StorageDriver
  readonly engine?: Pick<FixtureOptions, 'monotonicNow' | 'now'>
}

type Call = Parameters<StorageDriver['commit']>

/** A driver with another way to commit. */
const commits =
  (way: (commit: StorageDriver['commit'], call: Call, random: Seeded) => Promise<CommitResult>) =>
  (driver: StorageDriver, random: Seeded): StorageDriver => ({
    ...driver,
    commit: (...call) => way(driver.commit, call, random),
  })

export const PLANTED_BUGS: readonly PlantedBug[] = [
  {
    name: 'versions are not required',
    subject: 'items',
    driver: commits((commit, [table, partition, what, deadline]) => {
      const require = what.require.map(({ sort }) => ({ sort }))
      return commit(table, partition, { ...what, require }, deadline)
    }),
  },
  {
    name: 'an unknown outcome counts as refused',
    subject: 'items',
    driver: commits(async (commit, call) => {
      const result = await commit(...call)
      return result.outcome === 'unknown' ? { outcome: 'refused', current: [] } : result
    }),
  },
  {
    name: 'an unknown outcome counts as not done',
    subject: 'items',
    driver: commits(async (commit, call) => {
      const result = await commit(...call)
      if (result.outcome === 'unknown') throw new StorageUnavailableError('planted')
      return result
    }),
  },
  {
    name: 'some commits are acknowledged and not done',
    subject: 'items',
    driver: commits(async (commit, call, random) =>
      random.below(20) === 0 ? { outcome: 'applied' } : commit(...call),
    ),
  },
  {
    name: 'old index entries are left',
    subject: 'items',
    driver: commits((commit, [table, partition, what, deadline]) => {
      const kept = what.put.length > 0 ? { ...what, delete: [] } : what
      return commit(table, partition, kept, deadline)
    }),
  },
  { name: 'strong reads are of a moment before', subject: 'items', driver: staleReads },
  {
    name: 'other processes do not hear of a deletion',
    subject: 'tables',
    driver: commits(async (commit, call) =>
      call[0].equals(CATALOGUE_REVISION_TABLE_ID) ? { outcome: 'applied' } : commit(...call),
    ),
  },
  {
    name: 'a definition is confirmed for ever',
    subject: 'tables',
    engine: { monotonicNow: () => 0, now: () => 1_700_000_000_000 },
    driver: withoutRevisions,
  },
  {
    name: 'a purge ends before it has begun',
    subject: 'tables',
    driver: (driver) => ({ ...driver, purge: async () => null }),
  },
  {
    name: 'what expires is not journalled',
    subject: 'expiry',
    driver: (driver) => ({ ...driver, append: async () => {} }),
  },
  {
    name: 'a sweeper believes its own clock',
    subject: 'expiry',
    driver: ({ engineTime: _, ...driver }) => driver,
  },
]

/** Reads of the catalogue's revision fail from the second on. */
function withoutRevisions(driver: StorageDriver): StorageDriver {
  let looks = 0
  return {
    ...driver,
    async get(...call) {
      const [table] = call
      if (table.equals(CATALOGUE_REVISION_TABLE_ID) && ++looks > 1) {
        throw new StorageUnavailableError('planted')
      }
      return driver.get(...call)
    },
  }
}

/** Some gets return the row of the last one. */
function staleReads(driver: StorageDriver, random: Seeded): StorageDriver {
  const last = new Map<string, Row | null>()
  return {
    ...driver,
    async get(table, partition, sort, read) {
      const name = `${table.toString('hex')} ${sort.toString('hex')}`
      const before = last.get(name)
      if (before !== undefined && random.below(4) === 0) return before
      const row = await driver.get(table, partition, sort, read)
      last.set(name, row)
      return row
    },
  }
}
