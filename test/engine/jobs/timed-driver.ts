import type { StorageDriver } from '../../../src/storage/driver.ts'
import { WornDriver, type WornStore } from '../../storage/worn-driver.ts'
import { remote } from '../remote-driver.ts'

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
