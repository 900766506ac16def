import type { Config } from '../config/load.ts'
import { type JobReport, jobReport } from '../engine/jobs/job-report.ts'
import { listJobs as readJobs } from '../engine/leases/ledger.ts'
import { storageOptions } from '../service/storage-options.ts'
import { openExisting } from '../storage/registry.ts'
import { writeLines } from './output.ts'
import { storagePlace } from './storage-place.ts'

const COLUMNS = ['status', 'job', 'about', 'failures', 'since', 'error']

/** Prints the jobs in progress, one per line or all as a JSON document. */
export async function listJobs(config: Config, isJson: boolean): Promise<void> {
  const driver = await openExisting(storageOptions(config))
  if (!driver) throw new Error(`there are no jobs yet in ${storagePlace(config)}`)
  try {
    const now = Date.now()
    const jobs = (await readJobs(driver)).map(({ job }) => jobReport(job, now))
    await writeLines(isJson ? [JSON.stringify({ jobs })] : lines(jobs, process.stdout.isTTY))
  } finally {
    await driver.close()
  }
}

/** A terminal gets the column names first. */
function lines(jobs: readonly JobReport[], isForPerson: boolean): string[] {
  const rows = jobs.map(({ status, job, about, failures, since, error }) =>
    [status, job, about, failures, since ?? '-', error ?? '-'].map(cell),
  )
  return (isForPerson ? [COLUMNS, ...rows] : rows).map((row) => row.join('\t'))
}

/** An error's message may have several lines. */
function cell(value: string | number): string {
  return String(value).replace(/\s+/g, ' ')
}
