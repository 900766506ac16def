import { types } from 'cassandra-driver'
import type { ReadContext } from './fetch.ts'

const PURGE_PARTITIONS_MAX = 1000
const DELETES_IN_FLIGHT_MAX = 32
/** Far ahead of the write time of any commit, whichever node's clock gave it. The table's id is
 * never used again. */
const AHEAD_MS = 24 * 3600 * 1000

export const FIRST_TOKEN = -(2n ** 63n) + 1n
const LAST_TOKEN = 2n ** 63n - 1n

/** Deletes some partitions from a token on. `next`: where to go on, undefined at the end. */
export async function purgeFrom(
  context: ReadContext,
  first: bigint,
): Promise<{ readonly deleted: number; readonly next: bigint | undefined }> {
  const { session, statements, table, read } = context
  const params = [new types.Uuid(table), first, LAST_TOKEN, PURGE_PARTITIONS_MAX]
  const query = { query: statements.partitions, params }
  const rows = await session.read(query, PURGE_PARTITIONS_MAX, read)
  const partitions = rows.map((row) => row.partition)
  await deleteAll(context, partitions)
  const next = rows.length < PURGE_PARTITIONS_MAX ? undefined : rows.at(-1)?.place
  return { deleted: rows.length, next }
}

async function deleteAll(context: ReadContext, partitions: readonly Buffer[]): Promise<void> {
  const { session, statements, table, read } = context
  const writeTime = BigInt(Date.now() + AHEAD_MS) * 1000n
  const waiting = [...partitions]
  const deleteWaiting = async () => {
    for (let partition = waiting.pop(); partition !== undefined; partition = waiting.pop()) {
      const params = [writeTime, new types.Uuid(table), partition]
      await session.write([{ query: statements.purge, params }], read.deadline)
    }
  }
  await Promise.all(Array.from({ length: DELETES_IN_FLIGHT_MAX }, deleteWaiting))
}
