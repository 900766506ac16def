import { ShareQueue } from '../../../admission/share-queue.ts'
import { StorageUnavailableError } from '../../driver.ts'

/** Reads of many rows in flight per process. */
export const READS_IN_FLIGHT_MAX = 2
/** Answers with more rows are decoded for milliseconds. */
export const FEW_ROWS_MAX = 500
/** Milliseconds for which a table counts as one whose reads return many rows, after one did. */
const REMEMBERED_MS = 10_000
const TABLES_REMEMBERED_MAX = 1_000

/** Milliseconds after which a read no longer counts, so that slow ones hardly delay others. */
const COUNTED_MS_MAX = 50

/** What is known of a read before it is sent. */
interface Foreseen {
  readonly table: string
  /** The most rows that it may return. */
  readonly limit: number
  /** Whether as many rows as `limit` are known to exist. */
  readonly isExact: boolean
  /** By `performance.now()`. */
  readonly deadline: number
}

/**
 * Limits the reads of many rows in flight. cassandra-driver decodes an answer in one piece, and all
 * answers of a connection one after another. So the answers to dozens of scans that were sent at
 * once would delay those to others by most of a second. Tables take turns.
 */
export class ReadTurns {
  readonly #countedMsMax: number
  readonly #now: () => number
  /** Times by table, the latest last. How many rows a read returns is seldom known before, whatever
   * its LIMIT. */
  readonly #manyUntil = new Map<string, number>()
  readonly #waiting = new ShareQueue<() => void>()
  #inFlight = 0

  constructor(countedMsMax = COUNTED_MS_MAX, now = () => performance.now()) {
    this.#countedMsMax = countedMsMax
    this.#now = now
  }

  /**
   * Runs a read once it is within the limit.
   *
   * @throws StorageUnavailableError if its deadline passes before
   */
  async run<Row>(foreseen: Foreseen, read: () => Promise<Row[]>): Promise<Row[]> {
    const { table, limit, isExact } = foreseen
    if (limit <= FEW_ROWS_MAX) return read()
    const isMany = isExact || (this.#manyUntil.get(table) ?? 0) > this.#now()
    const rows = await (isMany ? this.#inTurn(foreseen, read) : read())
    if (rows.length > FEW_ROWS_MAX) this.#remember(table)
    return rows
  }

  #remember(table: string): void {
    this.#manyUntil.delete(table)
    this.#manyUntil.set(table, this.#now() + REMEMBERED_MS)
    const [oldest] = this.#manyUntil.keys()
    if (oldest !== undefined && this.#manyUntil.size > TABLES_REMEMBERED_MAX) {
      this.#manyUntil.delete(oldest)
    }
  }

  async #inTurn<T>(foreseen: Foreseen, read: () => Promise<T>): Promise<T> {
    if (this.#inFlight < READS_IN_FLIGHT_MAX) this.#inFlight++
    else await this.#turn(foreseen)
    let isCounted = true
    const end = () => {
      if (isCounted) this.#end()
      isCounted = false
    }
    // After the answers that have arrived meanwhile, if the loop was held.
    const timer = setTimeout(() => setImmediate(end), this.#countedMsMax)
    try {
      return await read()
    } finally {
      clearTimeout(timer)
      end()
    }
  }

  #turn({ table, deadline }: Foreseen): Promise<void> {
    return new Promise((resolve, reject) => {
      const start = () => {
        clearTimeout(timer)
        resolve()
      }
      const timer = setTimeout(() => {
        this.#waiting.remove(table, start)
        reject(new StorageUnavailableError('the deadline passed before the read began'))
      }, deadline - performance.now())
      this.#waiting.push(table, start)
    })
  }

  #end(): void {
    const next = this.#waiting.take()
    if (next) next()
    else this.#inFlight--
  }
}
