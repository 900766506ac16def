import { MemoryDriver } from '../../../src/storage/memory/driver.ts'
import { MemoryStore } from '../../../src/storage/memory/store.ts'
import { suite } from '../../support/suite.ts'
import { storageContract } from '../contract.ts'

const test = suite('memory driver')

storageContract(test, {
  scale: 1,
  async open() {
    const store = new MemoryStore()
    const driver = new MemoryDriver(store)
    await driver.open()
    return {
      driver,
      another: () => new MemoryDriver(store),
      async setLock(table, partition, sort, lock) {
        const row = store.row(table, partition, sort)
        if (lock === null && row?.version === null) {
          store.delete(table, partition, [sort])
          return
        }
        const absent = { value: Buffer.alloc(0), size: 0, version: null, order: 0n, expiresAt: 0 }
        store.put(table, partition, { ...(row ?? absent), sort, lock })
      },
      close: () => driver.close(),
    }
  },
})

test.run()
