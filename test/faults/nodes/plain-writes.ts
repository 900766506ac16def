import { createHash } from 'node:crypto'
import { types } from 'cassandra-driver'
import { isLandmark } from '../../../src/storage/cassandra/landmarks.ts'
import type { CassandraOptions } from '../../../src/storage/cassandra/options.ts'
import { type Query, Session } from '../../../src/storage/cassandra/session.ts'
import { statementsOf } from '../../../src/storage/cassandra/statements.ts'
import { atOnce } from '../../support/at-once.ts'

const IN_FLIGHT = 8
const ROWS_PER_BATCH = 50
const TRIES_MAX = 20
const WRITE_LIMIT_MS = 60_000
const VALUE = Buffer.alloc(100, 'value')

/** Rows of one partition. */
export interface Rows {
  readonly table: Buffer
  readonly partition: Buffer
  readonly sorts: readonly Buffer[]
}

/** Writes the same data as the driver's commits, but without a Paxos round for each. For rows that
 * nobody else writes. */
export class PlainWrites {
  readonly #session: Session
  readonly #statements
  #commits = 0

  private constructor(session: Session, keyspace: string) {
    this.#session = session
    this.#statements = statementsOf(keyspace)
  }

  static async open(options: CassandraOptions): Promise<PlainWrites> {
    const session = await Session.connect({ ...options, request_timeout: WRITE_LIMIT_MS / 1_000 })
    return new PlainWrites(session, options.keyspace)
  }

  put(all: readonly Rows[]): Promise<void> {
    const { none: query } = this.#statements.put
    return this.#write(all, () => ({ query, params: [VALUE, VALUE.length, this.#commitId(), 0n] }))
  }

  /** `landmarks`: some deletes leave one, as when a process deletes many rows. */
  delete(all: readonly Rows[], landmarks: boolean): Promise<void> {
    const { landmark, delete: removal } = this.#statements
    return this.#write(all, () => {
      const leavesLandmark = landmarks && isLandmark(this.#commitId(), 0)
      return { query: (leavesLandmark ? landmark : removal).none, params: [] }
    })
  }

  async close(): Promise<void> {
    await this.#session.client.shutdown()
  }

  async #write(all: readonly Rows[], rowOf: () => Query): Promise<void> {
    await atOnce(IN_FLIGHT, batchesOf(all), (places) => {
      const queries = places.map((place) => {
        const { query, params } = rowOf()
        return { query, params: [...params, ...place] }
      })
      return this.#send(queries)
    })
  }

  /** Retries if nodes are too slow. Repeating does not change what is stored. */
  async #send(queries: Query[]): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#session.write(queries, performance.now() + WRITE_LIMIT_MS)
      } catch (error) {
        if (tries === TRIES_MAX) throw error
      }
    }
  }

  /** Pseudorandom ids. */
  #commitId(): Buffer {
    return hash(`commit ${this.#commits++}`)
  }
}

function* batchesOf(all: readonly Rows[]): Generator<unknown[][], undefined> {
  let batch: unknown[][] = []
  for (const { table, partition, sorts } of all) {
    for (const sort of sorts) {
      batch.push([new types.Uuid(table), partition, sort])
      if (batch.length < ROWS_PER_BATCH) continue
      yield batch
      batch = []
    }
  }
  if (batch.length > 0) yield batch
}

/** A hash of 16 bytes. */
export function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest().subarray(0, 16)
}
