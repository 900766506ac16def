import type { types } from 'cassandra-driver'
import { DenseRangeError, ReadTimeoutError } from '../../../src/storage/cassandra/errors.ts'
import { type Query, Session } from '../../../src/storage/cassandra/session.ts'
import { type RangeTexts, statementsOf } from '../../../src/storage/cassandra/statements.ts'
import { type ReadOptions, StorageUnavailableError } from '../../../src/storage/driver.ts'
import { partitionToken, tokenNumber } from '../../../src/storage/token.ts'
import { oneNode, unconnectedClient } from './one-node.ts'

export const KEYSPACE = 'k'
const TOMBSTONES_MAX = 100_000
const FILTERED_MAX = 32_000
const TIMEOUT_MS = 5_000

const OPTIONS = oneNode({ keyspace: KEYSPACE, request_timeout: TIMEOUT_MS / 1_000 })

export interface Place {
  readonly partition: Buffer
  readonly sort: Buffer
  readonly kind: 'row' | 'landmark' | 'deleted'
}

type PlacedRow = Place & { readonly token: Buffer }

/** Never connects. Answers reads of one table from a list of places, at a given speed and with
 * Cassandra's limits. It has its own clock. */
export class PlayedCassandra extends Session {
  reads = 0
  failed = 0
  now = 0
  readonly statements = statementsOf(KEYSPACE)
  readonly #places: readonly PlacedRow[]
  readonly #partitions = new Map<string, PlacedRow[]>()
  readonly #placeMs: number

  /** @param places in the order of their sorts @param placeMs milliseconds to pass one of them */
  constructor(table: Buffer, places: readonly Place[], placeMs: number) {
    super(unconnectedClient(), OPTIONS)
    this.#placeMs = placeMs
    const placed = places.map((each) => ({ ...each, token: partitionToken(table, each.partition) }))
    this.#places = placed.sort((a, b) => a.token.compare(b.token))
    for (const place of placed) {
      const name = place.partition.toString()
      this.#partitions.set(name, this.#partitions.get(name) ?? [])
      this.#partitions.get(name)?.push(place)
    }
  }

  override async read(query: Query, limit: number, { deadline }: ReadOptions) {
    this.reads += 1
    try {
      return this.#answer(query, limit, deadline)
    } catch (error) {
      this.failed += 1
      throw error
    }
  }

  /** Each token belongs to one partition. */
  override async *pages(): AsyncGenerator<types.Row[]> {
    yield []
  }

  #answer({ query, params }: Query, limit: number, deadline: number): types.Row[] {
    const { slice, scan } = this.statements
    const isScan = textsOf(scan).includes(query)
    const isSizes = query.startsWith('SELECT size')
    const [, ...rest] = params as [unknown, ...(bigint | Buffer | number)[]]
    const [from, to] = rest.slice(isScan ? 2 : 1, -1) as Buffer[]
    const [first, last] = rest as [bigint, bigint]
    const places = isScan ? this.#places : (this.#partitions.get(String(rest[0])) ?? [])
    const start = isScan
      ? firstOf(places, ({ token }) => tokenNumber(token) >= first)
      : firstOf(places, ({ sort }) => !from || sort.compare(from) >= 0)
    const end = isScan
      ? firstOf(places, ({ token }) => tokenNumber(token) > last)
      : firstOf(places, ({ sort }) => to !== undefined && sort.compare(to) >= 0)
    const isBackward = textsOf(slice.backward).includes(query)
    const rows: types.Row[] = []
    let deleted = 0
    let passed = 0
    const latest = Math.min(deadline, this.now + TIMEOUT_MS)
    for (let n = 0; n < end - start && rows.length < limit; n += 1) {
      const place = places[isBackward ? end - 1 - n : start + n] as PlacedRow
      passed += 1
      if (place.kind === 'deleted') deleted += 1
      if (this.now + passed * this.#placeMs > latest) {
        this.now = latest
        throw new ReadTimeoutError('too slow')
      }
      if (deleted > (isScan ? FILTERED_MAX : TOMBSTONES_MAX)) {
        this.now += passed * this.#placeMs
        throw new DenseRangeError('too many')
      }
      if (place.kind !== 'deleted') rows.push(rowOf(place, isSizes))
    }
    this.now += passed * this.#placeMs
    if (this.now >= deadline) throw new StorageUnavailableError('the deadline has passed')
    return rows
  }
}

/** Binary search for the first place with a property that all later places share. */
function firstOf(places: readonly PlacedRow[], isTrue: (place: PlacedRow) => boolean): number {
  let [low, high] = [0, places.length]
  while (low < high) {
    const middle = (low + high) >> 1
    const place = places[middle]
    if (place && isTrue(place)) high = middle
    else low = middle + 1
  }
  return low
}

function textsOf({ rows, sizes }: RangeTexts): string[] {
  return [rows.bounded, rows.open, sizes.bounded, sizes.open]
}

function rowOf({ partition, sort, kind, token }: PlacedRow, isSizes: boolean): types.Row {
  const isRow = kind === 'row'
  const size = isRow ? 10 : -1
  const columns = isSizes
    ? { size }
    : {
        ...{ partition, place: tokenNumber(token), sort, size, lock: null, written: 1n },
        ...{ value: isRow ? Buffer.alloc(10) : null, version: isRow ? Buffer.alloc(16) : null },
        expires_at: isRow ? 0n : null,
      }
  return columns as object as types.Row
}
