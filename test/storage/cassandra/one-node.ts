import { Client } from 'cassandra-driver'
import { CASSANDRA_GROUP } from '../../../src/config/groups/cassandra.ts'
import { readOptions } from '../../../src/config/read-options.ts'
import type { CassandraOptions } from '../../../src/storage/cassandra/options.ts'

/** The default options, for a cluster of one node. */
export function oneNode(changes: Partial<CassandraOptions>): CassandraOptions {
  const { options } = readOptions({ group: CASSANDRA_GROUP }, [])
  return { ...options.group, replication_factor: 1, ...changes }
}

/** For played sessions, which never connect. */
export function unconnectedClient(): Client {
  return new Client({ contactPoints: ['127.0.0.1'], localDataCenter: 'dc1' })
}
