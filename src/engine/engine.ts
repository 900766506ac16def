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
  /** Already open. The caller closes it. */
  readonly driver: StorageDriver
  readonly now?: () => number
  /** Milliseconds on a clock that never goes back. */
  readonly monotonicNow?: () => number
  /** Tables per project. Unset: unlimited. */
  readonly tablesPerProjectMax?: number
  /** Must be equal in all processes. */
  readonly jobTimes?: JobTimes
  /** Receives failures that no request can report. */
  readonly onBackgroundError?: (error: unknown) => void
  readonly onJobFailing?: JobReports['onJobFailing']
  /** Makes the process of this machine that polls jobs poll now. If set, this process itself polls
   * only after a call of `lookForJobs`. */
  readonly wakeOther?: () => void
}

/** Tables and items over any storage driver. Operations are built on it. */
export class Engine {
  readonly catalogue: Catalogue
  /** This machine's clock: milliseconds since 1970. */
  readonly now: () => number
  /** Decides whether items have expired. */
  readonly time: EngineTime
  /** Records an item's expiry before the item is written. */
  readonly expiries: ExpiryJournal
  /** Orders the read-modify-writes of one item. */
  readonly turns = new Turns()
  /** Background work, shared by all processes. */
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
