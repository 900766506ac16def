import { CassandraDriver } from '../../../src/storage/cassandra/driver.ts'
import { largestItems } from '../../operations/largest-items.ts'
import { suite } from '../../support/suite.ts'
import { TestKeyspace, testOptions } from '../cassandra-keyspace.ts'

const test = suite('largest items on cassandra')

const options = testOptions()
const driver = new CassandraDriver(options)

test.before(() => driver.open())

test.after(async () => {
  await driver.close()
  await new TestKeyspace(options).drop()
})

largestItems(test, () => driver)

test.run()
