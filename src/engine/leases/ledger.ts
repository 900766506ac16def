import type { StorageDriver } from '../../storage/driver.ts'
import { type Epoch, readEpoch } from './epochs.ts'
import { type Head, readHeads } from './heads.ts'
import type { JobRow } from './job.ts'

const READ_TIMEOUT_MS = 5_000
const EPOCHS_READ_AT_ONCE = 16

/** All jobs, read one part after another. */
export interface Ledger {
  readonly heads: readonly Head[]
  readonly epochs: readonly Epoch[]
  readonly standing: readonly JobRow[]
}

/** Reports and skips epochs that cannot be read. @throws StorageUnavailableError if nothing can be
 * read */
export async function readLedger(
  driver: StorageDriver,
  onUnreadable: (error: unknown) => void,
): Promise<Ledger> {
  const { heads, standing } = await readHeads(driver, performance.now() + READ_TIMEOUT_MS)
  const names = heads.flatMap(({ epochs }) => epochs)
  const epochs: Epoch[] = []
  for (let first = 0; first < names.length; first += EPOCHS_READ_AT_ONCE) {
    const deadline = performance.now() + READ_TIMEOUT_MS
    const reads = names
      .slice(first, first + EPOCHS_READ_AT_ONCE)
      .map((name) => readEpoch(driver, name, deadline))
    for (const read of await Promise.allSettled(reads)) {
      if (read.status === 'fulfilled') epochs.push(read.value)
      else onUnreadable(read.reason)
    }
  }
  return { heads, epochs, standing }
}

/** All jobs, standing ones last. */
export async function listJobs(driver: StorageDriver): Promise<JobRow[]> {
  const { epochs, standing } = await readLedger(driver, (error) => {
    throw error
  })
  return [...epochs.flatMap(({ jobs }) => jobs), ...standing]
}
