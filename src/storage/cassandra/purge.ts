import { types } from 'cassandra-driver'
import type { ScannedRow } from '../driver.ts'
import { Page } from './page.ts'
import {
  fillFromDenseToken,
  rangeRead,
  splitTokens,
  type TokenRange,
  undefinedIfDense,
} from './scan.ts'
import type { ReadContext } from './slice.ts'

const PURGE_PARTITIONS_MAX = 1000
const DELETES_IN_FLIGHT_MAX = 32
/** Far ahead of the write time of any commit, whichever node's clock gave it. The table's id is
 * never used again. */
const AHEAD_MS = 24 * 3600 * 1000

export const RING: TokenRange = { first: -(2n ** 63n) + 1n, last: 2n ** 63n - 1n }

/** Deletes some partitions from a token on. `next`: where to go on, undefined at the end. */
export async function purgeFrom(
  context: ReadContext,
  first: bigint,
): Promise<{ readonly deleted: number; readonly next: bigint | undefined }> {
  const found = new Map<string, Buffer>()
  const left: TokenRange[] = [{ first, last: RING.last }]
  while (found.size < PURGE_PARTITIONS_MAX) {
    const part = left.pop()
    if (part === undefined) {
      break
    }
    const rows = await partitionsOf(context, part)
    if (rows === undefined && part.first < part.last) {
      left.push(...splitTokens(part).reverse())
      continue
    }
    const partitions =
      rows?.map((row): Buffer => row.partition) ?? (await densePartitionAt(context, part.first))
    for (const partition of partitions) {
      found.set(partition.toString('latin1'), partition)
    }
    const last = rows?.at(-1)
    if (last !== undefined && partitions.length >= PURGE_PARTITIONS_MAX) {
      left.push({ first: last.place, last: part.last })
    }
  }
  await deleteAll(context, [...found.values()])
  return { deleted: found.size, next: left.at(-1)?.first }
}

async function partitionsOf(
  context: ReadContext,
  { first, last }: TokenRange,
): Promise<types.Row[] | undefined> {
  const { session, statements, table } = context
  const params = [new types.Uuid(table), first, last, PURGE_PARTITIONS_MAX]
  try {
    return await session.read(
      { query: statements.partitions, params },
      PURGE_PARTITIONS_MAX,
      rangeRead(context),
    )
  } catch (error) {
    return undefinedIfDense(error)
  }
}

async function densePartitionAt(context: ReadContext, token: bigint): Promise<Buffer[]> {
  const page = new Page<ScannedRow>({ rows: 1, bytes: 1 })
  await fillFromDenseToken(context, token, {}, page)
  return page.rows.map((row) => row.partition)
}

async function deleteAll(context: ReadContext, partitions: readonly Buffer[]): Promise<void> {
  const { session, statements, table, read } = context
  const writeTime = BigInt(Date.now() + AHEAD_MS) * 1000n
  const waiting = [...partitions]
  const deleteWaiting = async () => {
    for (let partition = waiting.pop(); partition !== undefined; partition = waiting.pop()) {
      const params = [writeTime, new types.Uuid(table), partition]
      await session.write({ query: statements.purge, params }, read.deadline)
    }
  }
  await Promise.all(Array.from({ length: DELETES_IN_FLIGHT_MAX }, deleteWaiting))
}
