import { Client, errors, policies, type types } from 'cassandra-driver'
import { checkDeadline } from '../commit-rules.ts'
import type { ReadLevel, ReadOptions } from '../driver.ts'
import { endDroppedHosts } from './dropped-hosts.ts'
import { readFailureOf, unavailable } from './errors.ts'
import {
  type CassandraOptions,
  type Consistencies,
  clientOptionsOf,
  consistenciesOf,
} from './options.ts'

export interface Query {
  readonly query: string
  readonly params: unknown[]
}

/** `one`: any single replica, whatever is configured for eventual reads. */
export type ReadAt = Omit<ReadOptions, 'level'> & { readonly level: ReadLevel | 'one' }

/** Retries a read on the next node if its connection broke. Does not retry after a time-out, which
 * leaves no time, or after a refusal, which the next node would repeat. */
class ReadRetryPolicy extends policies.retry.RetryPolicy {
  override onRequestError(
    _info: policies.retry.OperationInfo,
    consistency: types.consistencies,
    error: Error,
  ): policies.retry.DecisionInfo {
    const answered = error instanceof errors.ResponseError
    return answered || error instanceof errors.OperationTimedOutError
      ? this.rethrowResult()
      : this.retryResult(consistency, false)
  }
}

const readRetry = new ReadRetryPolicy()
const noRetry = new policies.retry.FallthroughRetryPolicy()

/** A session of cassandra-driver with our consistency levels, deadlines and retries. */
export class Session {
  readonly client: Client
  readonly levels: Consistencies
  readonly #requestTimeoutMs: number

  constructor(client: Client, options: CassandraOptions) {
    this.client = client
    this.levels = consistenciesOf(options)
    this.#requestTimeoutMs = options.request_timeout * 1_000
  }

  static async connect(options: CassandraOptions): Promise<Session> {
    const client = new Client(await clientOptionsOf(options))
    try {
      await client.connect()
    } catch (error) {
      await client.shutdown()
      throw error
    }
    endDroppedHosts(client)
    return new Session(client, options)
  }

  /** All rows of a query with this LIMIT. Usually one request is enough, but Cassandra may return
   * fewer rows and a page state. Throws `StorageUnavailableError`. */
  async read(query: Query, limit: number, read: ReadAt): Promise<types.Row[]> {
    try {
      const { rows, pageState } = await this.#readPage(query, limit, read)
      for (let next = pageState; next !== undefined && rows.length < limit; ) {
        const page = await this.#readPage(query, limit - rows.length, read, next)
        rows.push(...page.rows)
        next = page.pageState
      }
      return rows
    } catch (error) {
      throw readFailureOf(error)
    }
  }

  /** The rows of a query without LIMIT, at most `rowsMax` at a time. */
  async *pages(query: Query, rowsMax: number, read: ReadAt): AsyncGenerator<types.Row[]> {
    try {
      for (let next: string | undefined | null = null; next !== undefined; ) {
        const page = await this.#readPage(query, rowsMax, read, next ?? undefined)
        yield page.rows
        next = page.pageState
      }
    } catch (error) {
      throw readFailureOf(error)
    }
  }

  async #readPage(
    { query, params }: Query,
    fetchSize: number,
    { level, deadline }: ReadAt,
    pageState?: string,
  ): Promise<{ readonly rows: types.Row[]; readonly pageState: string | undefined }> {
    checkDeadline(deadline)
    const timeoutMs = () => this.#timeoutFor(deadline)
    const result = await this.client.execute(query, params, {
      prepare: true,
      consistency: this.levels[level],
      fetchSize,
      isIdempotent: true,
      // A getter, evaluated again before each try, so that all tries share the deadline.
      get readTimeout() {
        return timeoutMs()
      },
      retry: readRetry,
      ...(pageState !== undefined && { pageState }),
    })
    return { rows: result.rows, pageState: result.pageState ?? undefined }
  }

  /** A conditional batch in one partition. Returns the answer's rows. Never retried. */
  async commit(queries: Query[], deadline: number): Promise<types.Row[]> {
    checkDeadline(deadline)
    const result = await this.client.batch(queries, {
      prepare: true,
      logged: false,
      consistency: this.levels.write,
      serialConsistency: this.levels.serial,
      isIdempotent: false,
      readTimeout: this.#timeoutFor(deadline),
      retry: noRetry,
    })
    return result.rows
  }

  /** Sends unconditional writes to one partition: rows of journals, and deletes of data that is no
   * longer read. */
  async write(queries: Query[], deadline: number): Promise<void> {
    checkDeadline(deadline)
    try {
      await this.client.batch(queries, {
        prepare: true,
        logged: false,
        consistency: this.levels.write,
        readTimeout: this.#timeoutFor(deadline),
        retry: noRetry,
      })
    } catch (error) {
      throw unavailable(error)
    }
  }

  #timeoutFor(deadline: number): number {
    const left = Math.ceil(deadline - performance.now())
    return Math.max(1, Math.min(left, this.#requestTimeoutMs))
  }
}
