/** Appends of one process. Waiting rows of one partition share batches, even if different calls
 * appended them, because a plain batch of 25 rows costs Cassandra little more than one row. */
import { types } from 'cassandra-driver'
import {
  APPENDED_VERSION,
  type JournalRow,
  StorageUnavailableError,
  type TableId,
} from '../driver.ts'
import type { Session } from './session.ts'
import type { Statements } from './statements.ts'

export const BATCH_ROWS_MAX = 25
export const BATCH_BYTES_MAX = 1024 * 1024
export const BATCHES_IN_FLIGHT_MAX = 8
export const ROWS_WAITING_MAX = 20_000

/** Writes rows of one partition at once. After a rejection they may still be written. */
export type Send = (rows: readonly JournalRow[], deadline: number) => Promise<void>

/** One call. Ends when all its rows are written or one fails. */
interface Append {
  readonly deadline: number
  rowsLeft: number
  ended: boolean
  readonly end: (error?: Error) => void
}

interface WaitingRow {
  readonly row: JournalRow
  readonly append: Append
}

interface Queue {
  readonly send: Send
  rows: WaitingRow[]
}

export class Appends {
  /** The queue of each partition, in the order in which they are served. */
  readonly #queues = new Map<string, Queue>()
  #rowsWaiting = 0
  #inFlight = 0

  /** `partition` includes the table. Settles by the deadline. */
  submit(
    partition: string,
    rows: readonly JournalRow[],
    deadline: number,
    send: Send,
  ): Promise<void> {
    if (this.#rowsWaiting + rows.length > ROWS_WAITING_MAX) {
      throw new StorageUnavailableError('too many rows wait to be appended')
    }
    const queue = this.#queues.get(partition) ?? { send, rows: [] }
    this.#queues.set(partition, queue)
    this.#rowsWaiting += rows.length
    return new Promise((resolve, reject) => {
      const append = appendOf(rows.length, deadline, resolve, reject)
      for (const row of rows) queue.rows.push({ row, append })
      this.#sendWaiting()
    })
  }

  #sendWaiting(): void {
    while (this.#inFlight < BATCHES_IN_FLIGHT_MAX) {
      const [next] = this.#queues
      if (next === undefined) return
      const [partition, queue] = next
      const batch = this.#takeBatch(queue)
      this.#queues.delete(partition)
      if (queue.rows.length > 0) this.#queues.set(partition, queue)
      if (batch.length > 0) void this.#send(batch, queue.send)
    }
  }

  #takeBatch(queue: Queue): WaitingRow[] {
    const batch: WaitingRow[] = []
    let [taken, bytes] = [0, 0]
    for (const waiting of queue.rows) {
      const { sort, value } = waiting.row
      bytes += waiting.append.ended ? 0 : sort.length + value.length
      const isFull = batch.length >= BATCH_ROWS_MAX || bytes > BATCH_BYTES_MAX
      if (isFull && batch.length > 0) break
      taken += 1
      if (!waiting.append.ended) batch.push(waiting)
    }
    queue.rows = queue.rows.slice(taken)
    this.#rowsWaiting -= taken
    return batch
  }

  async #send(batch: readonly WaitingRow[], send: Send): Promise<void> {
    this.#inFlight += 1
    const deadline = Math.max(...batch.map(({ append }) => append.deadline))
    const error = await send(
      batch.map(({ row }) => row),
      deadline,
    ).then(
      () => undefined,
      (reason: unknown) => (reason instanceof Error ? reason : new Error(String(reason))),
    )
    this.#inFlight -= 1
    for (const { append } of batch) {
      append.rowsLeft -= 1
      if (error !== undefined || append.rowsLeft === 0) append.end(error)
    }
    this.#sendWaiting()
  }
}

function appendOf(
  rows: number,
  deadline: number,
  resolve: () => void,
  reject: (error: Error) => void,
): Append {
  const append: Append = {
    deadline,
    rowsLeft: rows,
    ended: false,
    end(error) {
      append.ended = true
      clearTimeout(timer)
      if (error === undefined) {
        resolve()
      } else {
        reject(error)
      }
    },
  }
  const late = () => append.end(new StorageUnavailableError('the deadline has passed'))
  const timer = setTimeout(late, Math.max(0, deadline - performance.now()))
  return append
}

/** Sends rows of a journal as one plain batch. Cassandra sets their write time. */
export async function sendRows(
  session: Session,
  statements: Statements,
  { table, partition }: { readonly table: TableId; readonly partition: Buffer },
  rows: readonly JournalRow[],
  deadline: number,
): Promise<void> {
  const queries = rows.map(({ sort, value }) => ({
    query: statements.append,
    params: [value, value.length, APPENDED_VERSION, new types.Uuid(table), partition, sort],
  }))
  await session.write(queries, deadline)
}
