import { CATALOGUE_REVISION_TABLE_ID } from '../../src/engine/format/system-tables.ts'
import {
  type CommitResult,
  type Row,
  type StorageDriver,
  StorageUnavailableError,
} from '../../src/storage/driver.ts'
import type { FixtureOptions } from '../engine/engine-fixture.ts'
import type { Seeded } from '../seeded.ts'
import { SUBJECTS, type Subject } from './schedule.ts'

/** A bug that the simulation must find, in a process's calls to its storage or in its clocks. */
export interface PlantedBug {
  readonly name: string
  /** The schedules that show it. */
  readonly subject: Subject
  readonly driver: (driver: StorageDriver, random: Seeded) => StorageDriver
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

const BUGS: Readonly<Record<Subject, Readonly<Record<string, PlantedBug['driver']>>>> = {
  items: {
    'versions are not required': commits((commit, [table, partition, what, deadline]) => {
      const require = what.require.map(({ sort }) => ({ sort }))
      return commit(table, partition, { ...what, require }, deadline)
    }),
    'an unknown outcome counts as refused': commits(async (commit, call) => {
      const result = await commit(...call)
      return result.outcome === 'unknown' ? { outcome: 'refused', current: [] } : result
    }),
    'an unknown outcome counts as not done': commits(async (commit, call) => {
      const result = await commit(...call)
      if (result.outcome === 'unknown') throw new StorageUnavailableError('planted')
      return result
    }),
    'some commits are acknowledged and not done': commits(async (commit, call, random) =>
      random.below(20) === 0 ? { outcome: 'applied' } : commit(...call),
    ),
    'old index entries are left': commits((commit, [table, partition, what, deadline]) => {
      const kept = what.put.length > 0 ? { ...what, delete: [] } : what
      return commit(table, partition, kept, deadline)
    }),
    'strong reads are of a moment before': staleReads,
  },
  tables: {
    'other processes do not hear of a deletion': commits(async (commit, call) =>
      call[0].equals(CATALOGUE_REVISION_TABLE_ID) ? { outcome: 'applied' } : commit(...call),
    ),
    'a purge ends before it has begun': (driver) => ({ ...driver, purge: async () => null }),
  },
  expiry: {
    'what expires is not journalled': (driver) => ({ ...driver, append: async () => {} }),
    'a sweeper believes its own clock': ({ engineTime: _, ...driver }) => driver,
  },
}

const CONFIRMED_FOR_EVER: PlantedBug = {
  name: 'a definition is confirmed for ever',
  subject: 'tables',
  engine: { monotonicNow: () => 0, now: () => 1_700_000_000_000 },
  driver: withoutRevisions,
}

export const PLANTED_BUGS: readonly PlantedBug[] = [
  ...SUBJECTS.flatMap((subject) =>
    Object.entries(BUGS[subject]).map(([name, driver]) => ({ name, subject, driver })),
  ),
  CONFIRMED_FOR_EVER,
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
