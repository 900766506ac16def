import { createHash } from 'node:crypto'
import { types } from 'cassandra-driver'
import { isLandmark } from '../../../src/storage/cassandra/landmarks.ts'
import type { CassandraOptions } from '../../../src/storage/cassandra/options.ts'
import { type Query, Session } from '../../../src/storage/cassandra/session.ts'
import { statementsOf } from '../../../src/storage/cassandra/statements.ts'
import { atOnce, below } from '../../support/at-once.ts'
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

export interface PlainWrites {
  put(all: readonly Row[]): Promise<void>
  /** `landmarks`: some deletes leave one, as when a process deletes many rows. */
  delete(all: readonly Row[], landmarks: boolean): Promise<void>
}

/** Writes the same data as the driver's commits, but without a Paxos round for each. For rows that
 * nobody else writes. */
export async function withPlainWrites<T>(
  options: CassandraOptions,
  use: (writes: PlainWrites) => Promise<T>,
): Promise<T> {
  const session = await Session.connect({ ...options, request_timeout: WRITE_LIMIT_MS / 1_000 })
  const { put, landmark, delete: removal } = statementsOf(options.keyspace)
  let commits = 0
  /** Pseudorandom. */
  const newCommitId = () => hash(`commit ${commits++}`)
  const write = (all: readonly Row[], rowOf: () => Query) => {
    const starts = below(Math.ceil(all.length / ROWS_PER_BATCH)).map((n) => n * ROWS_PER_BATCH)
    return atOnce(IN_FLIGHT, starts, (start) => {
      const rows = all.slice(start, start + ROWS_PER_BATCH)
      const queries = rows.map(({ table, partition, sort }) => {
        const { query, params } = rowOf()
        return { query, params: [...params, new types.Uuid(table), partition, sort] }
      })
      /** Retries if nodes are too slow. Repeating does not change what is stored. */
      return persistently(() => session.write(queries, performance.now() + WRITE_LIMIT_MS))
    })
  }
  const writes: PlainWrites = {
    put: (all) =>
      write(all, () => ({ query: put.none, params: [VALUE, VALUE.length, newCommitId(), 0n] })),
    delete: (all, landmarks) =>
      write(all, () => {
        const leavesLandmark = landmarks && isLandmark(newCommitId(), 0)
        return { query: (leavesLandmark ? landmark : removal).none, params: [] }
      }),
  }
  return use(writes).finally(() => session.client.shutdown())
}

/** A hash of 16 bytes. */
export function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest().subarray(0, 16)
}
