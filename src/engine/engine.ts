import type { StorageDriver } from '../storage/driver.ts'
import { Catalogue } from './catalogue/catalogue.ts'
import { Turns } from './items/turns.ts'
import { DeleteTable } from './jobs/delete-table-job.ts'
import { ExpireItems } from './jobs/expire-items-job.ts'
import { Jobs } from './leases/jobs.ts'
import type { JobReports, JobTimes } from './leases/lease.ts'

/** What operations work on: items and tables over any storage driver. */
export interface Engine {
  readonly catalogue: Catalogue
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Read-modify-write of one item waits here for its turn. */
  readonly turns: Turns
  /** Work of all processes that goes on behind the requests. */
  readonly jobs: Jobs
  close(): Promise<void>
}

export interface EngineOptions {
  /** Open; closed by whoever opened it. */
  readonly driver: StorageDriver
  readonly now?: () => number
  /** Milliseconds on a clock that never goes back. */
  readonly monotonicNow?: () => number
  /** Tables of one project. Unset, any number. */
  readonly tablesPerProjectMax?: number
  /** The same in all processes. */
  readonly jobTimes?: JobTimes
  /** Told of failures in the background, where no request is waiting for an answer. */
  readonly onBackgroundError?: (error: unknown) => void
  readonly onJobFailing?: JobReports['onJobFailing']
}

export function createEngine(options: EngineOptions): Engine {
  const { driver, now = Date.now, jobTimes, tablesPerProjectMax } = options
  const { onBackgroundError = () => {}, onJobFailing = () => {} } = options
  const { monotonicNow = () => performance.now() } = options
  const catalogue = new Catalogue({ driver, onBackgroundError, monotonicNow, tablesPerProjectMax })
  const items = { catalogue, now, turns: new Turns() }
  const kinds = [
    new DeleteTable(driver),
    new ExpireItems({ driver, catalogue, now, onBackgroundError }),
  ]
  const times = jobTimes && { times: jobTimes }
  const jobs = new Jobs({ driver, kinds, onBackgroundError, onJobFailing, ...times })
  return {
    ...items,
    jobs,
    async close() {
      catalogue.close()
      await jobs.close()
    },
  }
}
