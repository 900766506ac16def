import { createHash } from 'node:crypto'
import { types } from 'cassandra-driver'
import { isLandmark } from '../../../src/storage/cassandra/landmarks.ts'
import type { CassandraOptions } from '../../../src/storage/cassandra/options.ts'
import { type Query, Session } from '../../../src/storage/cassandra/session.ts'
import { statementsOf } from '../../../src/storage/cassandra/statements.ts'
import { atOnce } from '../../support/at-once.ts'
import { persistently } from '../persistently.ts'

const IN_FLIGHT = 8
const ROWS_PER_BATCH = 50
const WRITE_LIMIT_MS = 60_000
const VALUE = Buffer.alloc(100, 'value')

export interface Row {
  readonly table: Buffer
  readonly partition: Buffer
  readonly sort: Buffer
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

  static async use<T>(
    options: CassandraOptions,
    use: (writes: PlainWrites) => Promise<T>,
  ): Promise<T> {
    const session = await Session.connect({ ...options, request_timeout: WRITE_LIMIT_MS / 1_000 })
    return use(new PlainWrites(session, options.keyspace)).finally(() => session.client.shutdown())
  }

  put(all: readonly Row[]): Promise<void> {
    const { none: query } = this.#statements.put
    return this.#write(all, () => ({ query, params: [VALUE, VALUE.length, this.#commitId(), 0n] }))
  }

  /** `landmarks`: some deletes leave one, as when a process deletes many rows. */
  delete(all: readonly Row[], landmarks: boolean): Promise<void> {
    const { landmark, delete: removal } = this.#statements
    return this.#write(all, () => {
      const leavesLandmark = landmarks && isLandmark(this.#commitId(), 0)
      return { query: (leavesLandmark ? landmark : removal).none, params: [] }
    })
  }

  async #write(all: readonly Row[], rowOf: () => Query): Promise<void> {
    await atOnce(IN_FLIGHT, batchesOf(all), (rows) => {
      const queries = rows.map(({ table, partition, sort }) => {
        const { query, params } = rowOf()
        return { query, params: [...params, new types.Uuid(table), partition, sort] }
      })
      /** Retries if nodes are too slow. Repeating does not change what is stored. */
      return persistently(() => this.#session.write(queries, performance.now() + WRITE_LIMIT_MS))
    })
  }

  /** Pseudorandom ids. */
  #commitId(): Buffer {
    return hash(`commit ${this.#commits++}`)
  }
}

function* batchesOf(all: readonly Row[]): Generator<readonly Row[], undefined> {
  for (let at = 0; at < all.length; at += ROWS_PER_BATCH) yield all.slice(at, at + ROWS_PER_BATCH)
}

/** A hash of 16 bytes. */
export function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest().subarray(0, 16)
}
