import { Client, types } from 'cassandra-driver'
import { LANDMARK_DELETES } from '../../../src/storage/cassandra/landmarks.ts'
import { type CassandraOptions, clientOptionsOf } from '../../../src/storage/cassandra/options.ts'
import { statementsOf } from '../../../src/storage/cassandra/statements.ts'
import type { Seeded } from '../../seeded.ts'

const STATEMENTS_PER_BATCH = 50
const BATCHES_AT_ONCE = 8
const ATTEMPTS_MAX = 20
/** Deletes of a process in a partition before some leave landmarks. */
const PLAIN_DELETES = 64
const VALUE = Buffer.from('value')

export interface DeletedRows {
  readonly table: Buffer
  readonly partition: Buffer
  readonly sorts: readonly Buffer[]
  /** Whether rows are put before they are deleted: an index shows only those. */
  readonly arePut: boolean
  /** False: tombstones alone. */
  readonly landmarks: boolean
}

type Query = { readonly query: string; readonly params: unknown[] }

/** Writes through CQL what the driver's deletes leave, by the driver's own statements without
 * their conditions. */
export class DeletedRowsWriter {
  readonly #client: Client
  readonly #statements
  readonly #random: Seeded

  private constructor(client: Client, keyspace: string, random: Seeded) {
    this.#client = client
    this.#statements = statementsOf(keyspace)
    this.#random = random
  }

  /** A client like the driver's. */
  static async open(options: CassandraOptions, random: Seeded): Promise<DeletedRowsWriter> {
    const client = new Client(await clientOptionsOf(options))
    return new DeletedRowsWriter(client, options.keyspace, random)
  }

  /** Returns how many landmarks there are. */
  async write({ table, partition, sorts, arePut, landmarks }: DeletedRows): Promise<number> {
    const place = [new types.Uuid(table), partition]
    const { put, delete: remove, landmark } = this.#statements
    if (arePut) {
      const columns = [VALUE, VALUE.length, Buffer.alloc(16, 1), 0n]
      await this.#send(
        sorts.map((sort) => ({ query: put.none, params: [...columns, ...place, sort] })),
      )
    }
    const isLandmark = sorts.map(
      (_, n) => landmarks && n >= PLAIN_DELETES && this.#random.below(LANDMARK_DELETES) === 0,
    )
    await this.#send(
      sorts.map((sort, n) => {
        const query = isLandmark[n] ? landmark.none : remove.none
        return { query, params: [...place, sort] }
      }),
    )
    return isLandmark.filter(Boolean).length
  }

  /** The landmarks of a partition, with the states of their columns. */
  async landmarks(table: Buffer, partition: Buffer, rows: number): Promise<types.Row[]> {
    const query = this.#statements.slice.forward.rows.open.replace(
      'sort, ',
      'sort, TTL(size) AS seconds, ',
    )
    const params = [new types.Uuid(table), partition, Buffer.alloc(0), rows]
    const options = { prepare: true, fetchSize: rows }
    return (await this.#client.execute(query, params, options)).rows
  }

  close(): Promise<void> {
    return this.#client.shutdown()
  }

  async #send(queries: readonly Query[]): Promise<void> {
    let next = 0
    const lane = async () => {
      while (next < queries.length) {
        const some = queries.slice(next, next + STATEMENTS_PER_BATCH)
        next += STATEMENTS_PER_BATCH
        await this.#sendBatch(some)
      }
    }
    await Promise.all(Array.from({ length: BATCHES_AT_ONCE }, lane))
  }

  /** Again while Cassandra is too busy: the same rows twice are the same rows. */
  async #sendBatch(queries: Query[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      try {
        await this.#client.batch(queries, { prepare: true, logged: false })
        return
      } catch (error) {
        if (attempt === ATTEMPTS_MAX) throw error
      }
    }
  }
}
