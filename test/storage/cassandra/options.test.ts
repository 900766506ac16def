import { types } from 'cassandra-driver'
import * as assert from 'uvu/assert'
import { ConfigError } from '../../../src/config/config-error.ts'
import { loadConfig } from '../../../src/config/load.ts'
import { consistenciesOf, replicationOf } from '../../../src/storage/cassandra/options.ts'
import { suite } from '../../support/suite.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { oneNode } from './one-node.ts'

const test = suite('cassandra options')
const folder = new TemporaryFolder()
test.after(() => folder.remove())

const HEAD = '[DEFAULT]\nstorage_driver = cassandra\nauth_strategy = noauth\n[cassandra]\n'
const configured = (lines: string) =>
  loadConfig([folder.write('magnetodb.conf', `${HEAD}${lines}\n`)]).cassandra

test('replication may be a number, or a number per data center', () => {
  const network = 'replication_class = NetworkTopologyStrategy\nreplication_factor = dc1:3,dc2:2'
  const text = "{'class': 'NetworkTopologyStrategy', 'dc1': 3, 'dc2': 2}"
  assert.is(replicationOf(configured(network)), text)
  const simple = "{'class': 'SimpleStrategy', 'replication_factor': 3}"
  assert.is(replicationOf(configured('replication_factor = 3')), simple)
})

test('an option that is no name or number is refused in a statement', () => {
  const network = 'replication_class = NetworkTopologyStrategy\nreplication_factor ='
  for (const bad of [
    'keyspace = a"; DROP KEYSPACE b',
    'keyspace = Upper',
    `${network} dc1:3,'x`,
    `${network} dc1:0`,
    'replication_factor = 0',
    'replication_factor = dc1:3',
    'contact_points = ,',
  ]) {
    assert.throws(
      () => configured(bad),
      (error: unknown) => error instanceof ConfigError,
      bad,
    )
  }
})

test('at every allowed consistency level strong reads see every commit', () => {
  const { quorum, localQuorum, serial, localSerial, localOne } = types.consistencies
  assert.equal(consistenciesOf(oneNode({})), {
    eventual: localOne,
    strong: quorum,
    serial,
    write: quorum,
    one: localOne,
  })
  assert.equal(consistenciesOf(oneNode({ serial_consistency: 'local_serial' })), {
    eventual: localOne,
    strong: localQuorum,
    serial: localSerial,
    write: localQuorum,
    one: localOne,
  })
  for (const level of ['one', 'local_quorum', 'any']) {
    assert.throws(() => configured(`write_consistency = ${level}`), /write_consistency/)
  }
  const missed = 'serial_consistency = local_serial\nwrite_consistency = quorum'
  assert.throws(() => configured(missed), /write_consistency/)
})

test.run()
