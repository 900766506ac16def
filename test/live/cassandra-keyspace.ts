import { randomBytes } from 'node:crypto'
import { Client, types } from 'cassandra-driver'
import type { CassandraOptions } from '../../src/storage/cassandra/options.ts'
import type { TableId } from '../../src/storage/driver.ts'
import { cassandraFromEnv } from '../stack/environment.ts'
import { oneNode } from '../storage/cassandra/one-node.ts'

/** Options with a new keyspace for the test. */
export function cassandraOptions(
  more: Pick<CassandraOptions, 'contact_points' | 'port'> & Partial<CassandraOptions>,
): CassandraOptions {
  const keyspace = `test_${randomBytes(8).toString('hex')}`
  return oneNode({ keyspace, request_timeout: 10, ...more })
}

/** Options for the Cassandra that `npm test` has started. */
export function testOptions(more: Partial<CassandraOptions> = {}): CassandraOptions {
  const { host, port } = cassandraFromEnv()
  return cassandraOptions({ contact_points: [host], port, ...more })
}

/** The same options as a section of a service's configuration. */
export function cassandraSection({ contact_points, port, keyspace }: CassandraOptions) {
  const replication = { replication_class: 'SimpleStrategy', replication_factor: 1 }
  return { contact_points: contact_points.join(), port, keyspace, ...replication }
}

/** A separate session, for statements that the driver never sends. */
export class TestKeyspace {
  readonly client: Client
  readonly #keyspace: string

  constructor({ keyspace, contact_points, port, local_data_center }: CassandraOptions) {
    this.#keyspace = keyspace
    this.client = new Client({
      contactPoints: [...contact_points],
      localDataCenter: local_data_center,
      protocolOptions: { port },
      isMetadataSyncEnabled: false,
      socketOptions: { readTimeout: 60_000 },
    })
  }

  /** Sets a row's lock, conditionally like every write beside commits. Future transactions will do
   * the same when they prepare. */
  async setLock(table: TableId, partition: Buffer, sort: Buffer, lock: Buffer | null) {
    const query =
      `UPDATE ${this.#keyspace}.items SET lock = ? ` +
      'WHERE table_id = ? AND partition = ? AND sort = ? IF version != 0x'
    const params = [lock, new types.Uuid(table), partition, sort]
    await this.client.execute(query, params, { prepare: true })
  }

  async drop(): Promise<void> {
    await this.client.execute(`DROP KEYSPACE IF EXISTS ${this.#keyspace}`)
    await this.client.shutdown()
  }
}
