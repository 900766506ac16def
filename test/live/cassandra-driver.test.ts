import { CassandraDriver } from '../../src/storage/cassandra/driver.ts'
import { storageContract } from '../storage/contract.ts'
import { suite } from '../support/suite.ts'
import { TestKeyspace, testOptions } from './cassandra-keyspace.ts'
import { countReads, readCounts } from './cassandra-reads.ts'

const test = suite('cassandra driver')

storageContract(test, {
  scale: 0.1,
  async open() {
    countReads()
    const options = testOptions()
    const driver = new CassandraDriver(options)
    await driver.open()
    const keyspace = new TestKeyspace(options)
    const others: CassandraDriver[] = []
    return {
      driver,
      another() {
        const other = new CassandraDriver(options)
        others.push(other)
        return other
      },
      setLock: (table, partition, sort, lock) => keyspace.setLock(table, partition, sort, lock),
      failedReads: () => readCounts.failed,
      async close() {
        await Promise.all([driver, ...others].map((opened) => opened.close()))
        await keyspace.drop()
      },
    }
  },
})

test.run()
