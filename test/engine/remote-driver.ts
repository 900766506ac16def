import type { StorageDriver } from '../../src/storage/driver.ts'
import { faulty } from '../storage/faulty-driver.ts'
import { WornDriver, type WornStore } from '../storage/worn-driver.ts'

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

/** The store as a remote server with a clock, which gives appended rows their orders. */
export function timed(store: WornStore, clock: { seconds: number }): StorageDriver {
  const driver = remote(new WornDriver(store))
  const { append } = driver
  return Object.assign(driver, {
    engineTime: async () => clock.seconds * 1_000,
    append: (...call: Parameters<StorageDriver['append']>) => {
      const now = BigInt(clock.seconds) * 1_000_000n
      if (now > store.order) store.order = now
      return append(...call)
    },
  })
}
