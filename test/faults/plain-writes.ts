import { createHash } from 'node:crypto'
import { types } from 'cassandra-driver'
import { isLandmark } from '../../src/storage/cassandra/landmarks.ts'
import type { CassandraOptions } from '../../src/storage/cassandra/options.ts'
import { type Query, Session } from '../../src/storage/cassandra/session.ts'
import { type Statements, statementsOf } from '../../src/storage/cassandra/statements.ts'
import type { TableId } from '../../src/storage/driver.ts'

const IN_FLIGHT = 24
const ROWS_PER_COMMIT = 100
const WRITE_LIMIT_MS = 60_000
const VALUE = Buffer.alloc(100, 'value')

/** Rows of one partition. */
export interface Rows {
  readonly table: TableId
  readonly partition: Buffer
  readonly sorts: readonly Buffer[]
}

/**
 * Leaves what the driver's commits leave, and does not wait for an agreement about each: for rows that
 * nobody else writes. `landmarks`: deletes leave some, as those of a process that deletes many.
 */
export class PlainWrites {
  readonly #session: Session
  readonly #statements: Statements
  readonly #landmarks: boolean
  #commits = 0

  private constructor(session: Session, keyspace: string, landmarks: boolean) {
    this.#session = session
    this.#statements = statementsOf(keyspace)
    this.#landmarks = landmarks
  }

  static async open(options: CassandraOptions, landmarks: boolean): Promise<PlainWrites> {
    return new PlainWrites(await Session.connect(options), options.keyspace, landmarks)
  }

  put(all: readonly Rows[]): Promise<void> {
    const { none } = this.#statements.put
    return this.#write(all, () => ({
      query: none,
      params: [VALUE, VALUE.length, this.#commitId(), 0n],
    }))
  }

  delete(all: readonly Rows[]): Promise<void> {
    const { landmark, delete: removal } = this.#statements
    return this.#write(all, () => {
      const leavesLandmark = this.#landmarks && isLandmark(this.#commitId(), 0)
      return { query: (leavesLandmark ? landmark : removal).none, params: [] }
    })
  }

  async close(): Promise<void> {
    await this.#session.client.shutdown()
  }

  async #write(all: readonly Rows[], rowOf: () => Query): Promise<void> {
    const parts = partsOf(all)
    const writeParts = async () => {
      for (const { table, partition, sorts } of parts) {
        const queries = sorts.map((sort) => {
          const { query, params } = rowOf()
          return { query, params: [...params, new types.Uuid(table), partition, sort] }
        })
        await this.#session.write(queries, performance.now() + WRITE_LIMIT_MS)
      }
    }
    await Promise.all(Array.from({ length: IN_FLIGHT }, writeParts))
  }

  /** As if at random. */
  #commitId(): Buffer {
    return hash(`commit ${this.#commits++}`)
  }
}

function* partsOf(all: readonly Rows[]): Generator<Rows, undefined> {
  for (const rows of all) {
    for (let start = 0; start < rows.sorts.length; start += ROWS_PER_COMMIT) {
      yield { ...rows, sorts: rows.sorts.slice(start, start + ROWS_PER_COMMIT) }
    }
  }
}

/** 16 bytes. */
export function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest().subarray(0, 16)
}
