import { types } from 'cassandra-driver'
import * as assert from 'uvu/assert'
import {
  assertOptions,
  type CassandraOptions,
  consistenciesOf,
  replicationOf,
} from '../../../src/storage/cassandra/options.ts'
import { suite } from '../../support/suite.ts'

const test = suite('cassandra options')

const options: CassandraOptions = {
  contactPoints: ['localhost'],
  port: 9042,
  localDataCenter: 'dc1',
  keyspace: 'magnetodb',
  replicationClass: 'NetworkTopologyStrategy',
  replicationFactor: 'dc1:3,dc2:2',
  requestTimeoutMs: 1000,
}

test('replication is set by data center or by a number', () => {
  assert.is(replicationOf(options), "{'class': 'NetworkTopologyStrategy', 'dc1': 3, 'dc2': 2}")
  const simple = { replicationClass: 'SimpleStrategy', replicationFactor: '3' } as const
  const text = "{'class': 'SimpleStrategy', 'replication_factor': 3}"
  assert.is(replicationOf({ ...options, ...simple }), text)
})

test('only names and numbers get into the text of a statement', () => {
  for (const bad of [
    { keyspace: 'a"; DROP KEYSPACE b' },
    { keyspace: 'Upper' },
    { replicationFactor: "dc1:3,'x" },
    { replicationFactor: 'dc1:0' },
    { replicationFactor: '' },
    { replicationClass: 'SimpleStrategy', replicationFactor: 'dc1:3' } as const,
    { contactPoints: [] },
  ]) {
    assert.throws(() => assertOptions({ ...options, ...bad }), undefined, JSON.stringify(bad))
  }
})

test('strong reads see every commit at all allowed consistency levels', () => {
  const { quorum, localQuorum, serial, localSerial, localOne } = types.consistencies
  assert.equal(consistenciesOf(options), {
    eventual: localOne,
    strong: quorum,
    serial,
    write: quorum,
    one: localOne,
  })
  assert.equal(consistenciesOf({ ...options, serialConsistency: 'local_serial' }), {
    eventual: localOne,
    strong: localQuorum,
    serial: localSerial,
    write: localQuorum,
    one: localOne,
  })
  for (const writeConsistency of ['one', 'local_quorum', 'any', '']) {
    assert.throws(() => consistenciesOf({ ...options, writeConsistency }), /write_consistency/)
  }
  const missed = { ...options, serialConsistency: 'local_serial', writeConsistency: 'quorum' }
  assert.throws(() => consistenciesOf(missed), /write_consistency/)
})

test.run()
