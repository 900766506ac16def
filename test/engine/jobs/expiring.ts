import { EXPIRY_TABLE_ID } from '../../../src/engine/format/system-tables.ts'
import { ChangeTimeToLive, TIME_TO_LIVE } from '../../../src/engine/jobs/time-to-live-job.ts'
import type { JobState } from '../../../src/engine/leases/job.ts'
import type { StepResult } from '../../../src/engine/leases/lease.ts'
import { listJobs } from '../../../src/engine/leases/ledger.ts'
import type { TimeToLive } from '../../../src/model/table.ts'
import { describeTimeToLive } from '../../../src/operations/tables/describe-time-to-live.ts'
import { updateTimeToLive } from '../../../src/operations/tables/update-time-to-live.ts'
import { Sweeping } from './sweeping.ts'

const STEP_MS = 30_000

/** An engine whose table may have a time-to-live attribute. */
export class Expiring extends Sweeping {
  readonly #kind = new ChangeTimeToLive({ ...this.engine, driver: this.driver })

  /** Like UpdateTimeToLive. Without an attribute, it disables the time to live. */
  expireBy(attribute?: string): Promise<void> {
    return this.run(updateTimeToLive, { table: 'table', attribute })
  }

  timeToLive(): Promise<TimeToLive | undefined> {
    return this.run(describeTimeToLive, { table: 'table' })
  }

  /** The initial states of all requested changes. */
  async changes(): Promise<JobState[]> {
    const jobs = (await listJobs(this.driver)).map(({ job }) => job)
    return jobs.filter(({ kind }) => kind === TIME_TO_LIVE).map(({ state }) => state)
  }

  stepChange(state: JobState, milliseconds = STEP_MS): Promise<StepResult> {
    return this.#kind.step(state, performance.now() + milliseconds)
  }

  /** Does all steps of all changes, without rests. */
  async completeChanges(): Promise<void> {
    for (const state of await this.changes()) {
      let result: StepResult = { state }
      while (result !== 'done') result = await this.stepChange(result.state)
    }
  }

  journal() {
    return this.rows(EXPIRY_TABLE_ID)
  }
}
