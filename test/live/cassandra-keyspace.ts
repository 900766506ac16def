import { randomBytes } from 'node:crypto'
import { Client, types } from 'cassandra-driver'
import type { CassandraOptions } from '../../src/storage/cassandra/options.ts'
import type { TableId } from '../../src/storage/driver.ts'
import { cassandraFromEnv } from '../stack/environment.ts'

/** Of a keyspace of the test's own. */
export function cassandraOptions(
  more: Pick<CassandraOptions, 'contactPoints' | 'port'> & Partial<CassandraOptions>,
): CassandraOptions {
  return {
    localDataCenter: 'datacenter1',
    keyspace: `test_${randomBytes(8).toString('hex')}`,
    ...{ replicationClass: 'SimpleStrategy', replicationFactor: '1' },
    requestTimeoutMs: 10_000,
    ...more,
  }
}

/** On the Cassandra that `npm test` has brought up. */
export function testOptions(more: Partial<CassandraOptions> = {}): CassandraOptions {
  const { host, port } = cassandraFromEnv()
  return cassandraOptions({ contactPoints: [host], port, ...more })
}

/** A session beside the driver's own, for what the driver never does. */
export class TestKeyspace {
  readonly client: Client
  readonly #keyspace: string

  constructor({ keyspace, contactPoints, port, localDataCenter }: CassandraOptions) {
    this.#keyspace = keyspace
    this.client = new Client({
      contactPoints: [...contactPoints],
      localDataCenter,
      protocolOptions: { port },
      isMetadataSyncEnabled: false,
      socketOptions: { readTimeout: 60_000 },
    })
  }

  /** As preparing a transaction will: conditionally, like every write beside commits. */
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
