import type { StorageDriver } from '../../src/storage/driver.ts'
import { faulty } from '../storage/faulty-driver.ts'

/** The driver as a remote server: without `versionNow`, and ignoring fences. */
export function remote(driver: StorageDriver): StorageDriver {
  const { versionNow: _, engineTime: __, ...own } = faulty(driver, () => undefined)
  return {
    ...own,
    name: `remote ${driver.name}`,
    commit: (table, partition, { fence: ___, ...commit }, deadline) =>
      own.commit(table, partition, commit, deadline),
  }
}
