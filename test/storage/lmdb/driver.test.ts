import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { StorageDriver } from '../../../src/storage/driver.ts'
import { LmdbDriver } from '../../../src/storage/lmdb/driver.ts'
import { closeEnvironment, openEnvironment } from '../../../src/storage/lmdb/environment.ts'
import { rowKey } from '../../../src/storage/lmdb/key.ts'
import { decodeRow, encodeLock, encodeRow, isRow } from '../../../src/storage/lmdb/value.ts'
import { suite } from '../../support/suite.ts'
import { storageContract } from '../contract.ts'

const test = suite('LMDB driver')

storageContract(test, {
  scale: 1,
  async open() {
    const path = await mkdtemp(join(tmpdir(), 'magnetodb-lmdb-'))
    const options = { path, mapSizeBytes: 1024 * 1024 * 1024 }
    const driver = new LmdbDriver(options)
    await driver.open()
    const others: StorageDriver[] = []
    return {
      driver,
      another() {
        const other = new LmdbDriver(options)
        others.push(other)
        return other
      },
      async setLock(table, partition, sort, lock) {
        const environment = await openEnvironment(options)
        const key = rowKey(table, partition, sort)
        await environment.childTransaction(() => {
          const bytes = environment.getBinary(key)
          if (bytes !== undefined && isRow(bytes)) {
            const row = decodeRow(bytes, sort)
            environment.putSync(key, encodeRow({ ...row, partition, lock }, row))
          } else if (lock === null) {
            environment.removeSync(key)
          } else {
            environment.putSync(key, encodeLock(partition, lock))
          }
        })
        await closeEnvironment(options)
      },
      async close() {
        await Promise.all([driver, ...others].map((opened) => opened.close()))
        await rm(path, { recursive: true })
      },
    }
  },
})

test.run()
