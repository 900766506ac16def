import type { StorageDriver } from '../storage/driver.ts'
import { Catalogue } from './catalogue/catalogue.ts'
import { Clocks } from './catalogue/clocks.ts'
import { EngineTime } from './engine-time.ts'
import { Turns } from './items/turns.ts'
import { DeleteTable } from './jobs/delete-table-job.ts'
import { ExpireItems } from './jobs/expire-items-job.ts'
import { ExpiryJournal } from './jobs/expiry-journal.ts'
import { ChangeTimeToLive } from './jobs/time-to-live-job.ts'
import { Jobs } from './leases/jobs.ts'
import type { JobReports, JobTimes } from './leases/lease.ts'

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
  /** Where another process of this machine looks for jobs, until this one is told to. */
  readonly wakeOther?: () => void
}

/** What operations work on: items and tables over any storage driver. */
export class Engine {
  readonly catalogue: Catalogue
  /** This machine's clock: milliseconds since 1970. */
  readonly now: () => number
  /** By which items have expired. */
  readonly time: EngineTime
  /** Where the expiry of an item is written down before the item is. */
  readonly expiries: ExpiryJournal
  /** Read-modify-write of one item waits here for its turn. */
  readonly turns = new Turns()
  /** Work of all processes that goes on behind the requests. */
  readonly jobs: Jobs

  constructor(options: EngineOptions) {
    const { driver, now = Date.now, jobTimes, tablesPerProjectMax, wakeOther } = options
    const { onBackgroundError = () => {}, onJobFailing = () => {} } = options
    const { monotonicNow = () => performance.now() } = options
    const clocks = new Clocks(monotonicNow, now)
    this.now = now
    this.catalogue = new Catalogue({ driver, onBackgroundError, clocks, tablesPerProjectMax })
    this.time = new EngineTime({ driver, now, monotonicNow, onBackgroundError })
    this.expiries = new ExpiryJournal(this.time)
    const { catalogue, time, expiries, turns } = this
    const expireItems = new ExpireItems({
      ...{ catalogue, now, time, expiries, turns },
      ...{ driver, onBackgroundError },
    })
    const changeTimeToLive = new ChangeTimeToLive({ driver, time, expiries })
    this.jobs = new Jobs({
      ...{ driver, kinds: [new DeleteTable(driver), changeTimeToLive, expireItems] },
      ...{ onBackgroundError, onJobFailing },
      ...(jobTimes && { times: jobTimes }),
      ...(wakeOther && { wakeOther }),
    })
  }

  async close(): Promise<void> {
    this.catalogue.close()
    this.time.close()
    await this.jobs.close()
  }
}
