import type { StorageDriver } from '../../../src/storage/driver.ts'
import { MemoryDriver } from '../../../src/storage/memory/driver.ts'
import type { MemoryStore } from '../../../src/storage/memory/store.ts'
import { remote } from '../remote-driver.ts'

/** The store as a server elsewhere that has a clock, whose times are the orders of what is
 * appended. */
export function timed(store: MemoryStore, clock: { seconds: number }): StorageDriver {
  const driver = remote(new MemoryDriver(store))
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
