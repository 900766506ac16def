import { ShareQueue } from '../../../admission/share-queue.ts'

/** Reads of many rows in flight per process. */
export const READS_IN_FLIGHT_MAX = 2
/** Answers with more rows are decoded for milliseconds. */
export const FEW_ROWS_MAX = 500
/** Milliseconds for which a table counts as one whose reads return many rows, after one did. */
const REMEMBERED_MS = 10_000
const TABLES_REMEMBERED_MAX = 1_000

/** Milliseconds after which a read no longer counts, so that slow ones delay no others. */
const COUNTED_MS_MAX = 50

/**
 * Limits the reads of many rows in flight. cassandra-driver decodes an answer in one piece, and
 * all answers that arrive in one turn of the event loop one after another. So the answers to dozens
 * of scans that were sent at once would hold it for a third of a second. Tables take turns.
 */
export class ReadTurns {
  readonly #countedMsMax: number
  /** Times by table. How many rows a read returns is not known before, whatever its LIMIT. */
  readonly #manyUntil = new Map<string, number>()
  readonly #waiting = new ShareQueue<() => void>()
  #inFlight = 0

  constructor(countedMsMax = COUNTED_MS_MAX) {
    this.#countedMsMax = countedMsMax
  }

  /** Runs a read of the table, once it is within the limit. */
  async run<Row>(table: string, limit: number, read: () => Promise<Row[]>): Promise<Row[]> {
    if (limit <= FEW_ROWS_MAX) return read()
    const rows = await (this.#isCounted(table) ? this.#counted(table, read) : read())
    if (rows.length > FEW_ROWS_MAX) this.#remember(table)
    return rows
  }

  #isCounted(table: string): boolean {
    return (this.#manyUntil.get(table) ?? 0) > performance.now()
  }

  #remember(table: string): void {
    if (this.#manyUntil.size >= TABLES_REMEMBERED_MAX) this.#manyUntil.clear()
    this.#manyUntil.set(table, performance.now() + REMEMBERED_MS)
  }

  async #counted<T>(table: string, read: () => Promise<T>): Promise<T> {
    if (this.#inFlight < READS_IN_FLIGHT_MAX) this.#inFlight++
    else await new Promise<void>((resolve) => this.#waiting.push(table, resolve))
    let isCounted = true
    const end = () => {
      if (isCounted) this.#end()
      isCounted = false
    }
    const timer = setTimeout(end, this.#countedMsMax)
    try {
      return await read()
    } finally {
      clearTimeout(timer)
      end()
    }
  }

  #end(): void {
    const next = this.#waiting.take()
    if (next) next()
    else this.#inFlight--
  }
}
