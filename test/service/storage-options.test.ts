import { types } from 'cassandra-driver'
import * as assert from 'uvu/assert'
import { loadConfig } from '../../src/config/load.ts'
import { storageOptions } from '../../src/service/storage-options.ts'
import { consistenciesOf } from '../../src/storage/cassandra/options.ts'
import { test } from '../support/suite.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const folder = new TemporaryFolder()
test.after(() => folder.remove())

const HEAD = '[DEFAULT]\nstorage_driver = cassandra\nauth_strategy = noauth\n'

function writeLevel(lines: string): number {
  const text = `${HEAD}[cassandra]\n${lines}`
  const storage = storageOptions(loadConfig([folder.write('magnetodb.conf', text)]))
  if (storage.name !== 'cassandra') throw new Error(`it is ${storage.name}`)
  return consistenciesOf(storage.options).write
}

test('write_consistency defaults to quorum, local_quorum with local_serial', () => {
  const { quorum, localQuorum, all } = types.consistencies
  assert.is(writeLevel(''), quorum)
  assert.is(writeLevel('serial_consistency = local_serial\n'), localQuorum)
  assert.is(writeLevel('serial_consistency = local_serial\nwrite_consistency = all\n'), all)
})

test.run()
