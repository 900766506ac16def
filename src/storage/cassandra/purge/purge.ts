/**
 * Deletes the partitions of a table in ring order. Reads have to pass the tombstones of earlier
 * deletes, and there may be more of them than Cassandra allows in one read. So the tokens and rows
 * of each read are adapted to the time that reads take.
 */
import { strict as assert } from 'node:assert'
import { types } from 'cassandra-driver'
import type { TableId } from '../../driver.ts'
import { TOKEN_BYTES, tokenBytes, tokenNumber } from '../../token.ts'
import { DenseRangeError, ReadTimeoutError } from '../errors.ts'
import { partitionsAtToken } from '../partitions-at-token.ts'
import type { Session } from '../session.ts'
import type { Statements } from '../statements.ts'
import { DELETES_IN_FLIGHT_MAX, type PurgeBudget } from './budget.ts'
import { PurgeExtent, RING_BITS, SLOW_MS } from './extent.ts'

/** Milliseconds by which the write time of a delete is ahead of this machine's clock, so that it is
 * later than every commit's, by the clock of any node. This is safe because the table's id is never
 * used again. */
const AHEAD_MS = 24 * 3600 * 1000

const FIRST_TOKEN = -(2n ** 63n) + 1n
const LAST_TOKEN = 2n ** 63n - 1n
const POSITION_BYTES = TOKEN_BYTES + 1

export interface PurgeContext {
  readonly session: Session
  readonly statements: Statements
  readonly budget: PurgeBudget
  readonly table: TableId
  readonly deadline: number
}

interface FoundPartition {
  readonly partition: Buffer
  readonly token: bigint
}

/** Implements `StorageDriver.purge`. Rejects if nothing was done, unless the only reason is the
 * deadline. */
export async function purgeFrom(
  context: PurgeContext,
  position: Buffer | null,
): Promise<Buffer | null> {
  const purge = new Purge(context, position)
  const start = purge.next
  try {
    while (purge.next <= LAST_TOKEN && performance.now() < context.deadline) await purge.step()
  } catch (error) {
    const isLate = performance.now() >= context.deadline
    if (!isLate && purge.next === start) throw error
  }
  return purge.next > LAST_TOKEN ? null : purge.position
}

class Purge {
  /** All partitions before this token are deleted. */
  next: bigint
  readonly #context: PurgeContext
  readonly #extent: PurgeExtent
  /** A strong read also sees partitions that one replica misses. Partitions left on a replica take
   * space but are never read. */
  #level: 'strong' | 'one' = 'strong'

  constructor(context: PurgeContext, position: Buffer | null) {
    this.#context = context
    const { token, spanBits } = position === null ? BEGINNING : positionOf(position)
    this.next = token
    this.#extent = new PurgeExtent(spanBits)
  }

  get position(): Buffer {
    return Buffer.concat([tokenBytes(this.next), Buffer.from([this.#extent.spanBits])])
  }

  async step(): Promise<void> {
    const first = this.next
    const end = first + 2n ** BigInt(this.#extent.spanBits) - 1n
    const last = end < LAST_TOKEN ? end : LAST_TOKEN
    const limit = this.#extent.rows
    const rows = await this.#read(first, last, limit)
    if (rows === null) return
    const found = distinct(rows)
    const reached = found.at(-1)?.token ?? first
    await this.#deleteAll(found)
    if (rows.length < limit) {
      this.next = last + 1n
    } else if (reached > first) {
      // All partitions found are deleted, but others with the last one's token may follow.
      this.next = reached
    } else {
      await this.#deleteAllAt(first)
      this.next = first + 1n
    }
  }

  /** Null if Cassandra gave up; the next read asks for less. */
  async #read(first: bigint, last: bigint, limit: number): Promise<types.Row[] | null> {
    const { session, statements, table, deadline } = this.#context
    const params = [new types.Uuid(table), first, last, limit]
    const query = { query: statements.partitions, params }
    const started = performance.now()
    try {
      const rows = await session.read(query, limit, { level: this.#level, deadline })
      this.#extent.follow(performance.now() - started)
      return rows
    } catch (error) {
      const now = performance.now()
      const isLate = now >= deadline
      const isDense = error instanceof DenseRangeError
      const timedOut = error instanceof ReadTimeoutError && (!isLate || now - started > SLOW_MS)
      if (!isDense && !timedOut && (isLate || this.#level === 'one')) throw error
      // A token at which no read succeeds is skipped. What is left there only costs space.
      if (isDense && this.#level === 'one' && first === last) this.next = last + 1n
      if (isDense || timedOut) this.#extent.afterFailure()
      this.#level = 'one'
      return null
    }
  }

  /** Rejects if a partition is left, and sets `next` to its token. */
  async #deleteAll(found: readonly FoundPartition[]): Promise<void> {
    const { session, statements, budget, table, deadline } = this.#context
    const writeTime = BigInt(Date.now() + AHEAD_MS) * 1000n
    const left = new Set(found)
    const waiting = found.values()
    const deleteWaiting = async () => {
      for (const one of waiting) {
        const params = [writeTime, new types.Uuid(table), one.partition]
        await budget.run(() => session.write([{ query: statements.purge, params }], deadline))
        left.delete(one)
      }
    }
    const workers = Array.from({ length: DELETES_IN_FLIGHT_MAX }, deleteWaiting)
    const results = await Promise.allSettled(workers)
    const [firstLeft] = left
    if (firstLeft !== undefined) this.next = firstLeft.token
    for (const result of results) if (result.status === 'rejected') throw result.reason
  }

  /** For partitions that were crafted to share a token. */
  async #deleteAllAt(token: bigint): Promise<void> {
    const { deadline } = this.#context
    const read = { level: this.#level, deadline }
    for await (const partition of partitionsAtToken({ ...this.#context, read }, token)) {
      await this.#deleteAll([{ partition, token }])
    }
  }
}

function distinct(rows: readonly types.Row[]): FoundPartition[] {
  const found: FoundPartition[] = []
  for (const { partition, place } of rows) {
    if (!found.at(-1)?.partition.equals(partition)) found.push({ partition, token: place })
  }
  return found
}

const BEGINNING = { token: FIRST_TOKEN, spanBits: RING_BITS }

function positionOf(position: Buffer): typeof BEGINNING {
  assert(position.length === POSITION_BYTES, 'not a position of a purge')
  return { token: tokenNumber(position), spanBits: position[TOKEN_BYTES] ?? RING_BITS }
}
