import type { Config } from '../config/load.ts'
import { type JobReport, jobReport } from '../engine/jobs/job-report.ts'
import { listJobs as readJobs } from '../engine/leases/ledger.ts'
import { writeLines } from './output.ts'
import { withStorage } from './storage-place.ts'

const COLUMNS = ['status', 'job', 'about', 'failures', 'since', 'error']

/** Prints the jobs in progress, one per line or all as a JSON document. */
export async function listJobs(config: Config, isJson: boolean): Promise<void> {
  await withStorage(config, 'jobs', async (driver) => {
    const now = Date.now()
    const jobs = (await readJobs(driver)).map(({ job }) => jobReport(job, now))
    await writeLines(isJson ? [JSON.stringify({ jobs })] : lines(jobs, process.stdout.isTTY))
  })
}

/** For a terminal, the column names come first. */
function lines(jobs: readonly JobReport[], isForPerson: boolean): string[] {
  const rows = jobs.map(({ status, job, about, failures, since, error }) =>
    [status, job, about, failures, since ?? '-', error ?? '-'].map(cell),
  )
  return (isForPerson ? [COLUMNS, ...rows] : rows).map((row) => row.join('\t'))
}

/** Removes line breaks, which the message of an error may contain. */
function cell(value: string | number): string {
  return String(value).replace(/\s+/g, ' ')
}
