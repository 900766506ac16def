import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { type ArrayOrObject, Client, type QueryOptions, types } from 'cassandra-driver'
import type { CassandraOptions } from '../../../src/storage/cassandra/options.ts'
import { testClient } from '../../live/cassandra-keyspace.ts'
import { atOnce } from '../../support/at-once.ts'

/** What a number of slices has read. */
export interface Reads {
  slices: number
  /** Slices without trace. Cassandra drops traces while it is busy. */
  untraced: number
  live: number
  tombstones: number
  /** Live rows and tombstones of the slice that read most. */
  most: number
}

/** The traces of some work, including all that it has started. */
interface Scope {
  /** Logical tables' ids, in hexadecimal. */
  readonly tables: ReadonlySet<string>
  readonly traces: types.Uuid[]
}

type Execute = (
  query: string,
  params?: ArrayOrObject,
  options?: QueryOptions,
) => Promise<types.ResultSet>

const READ_LINE = /Read (\d+) live rows? and (\d+) tombstone cells?/
const TRACE_LIMIT_MS = 10_000
const TRACE_POLL_MS = 100
const TRACES_AT_ONCE = 16

export function noReads(): Reads {
  return { slices: 0, untraced: 0, live: 0, tombstones: 0, most: 0 }
}

/** Traces what Cassandra reads for slices of this process, until `end`. */
export class TracedSlices {
  readonly #client: Client
  readonly #execute: Execute = Reflect.get(Client.prototype, 'execute')
  readonly #scopes = new AsyncLocalStorage<Scope>()

  constructor(options: CassandraOptions) {
    this.#client = testClient(options)
    const [execute, scopes] = [this.#execute, this.#scopes]
    const traced: Execute = async function (this: Client, query, params, options) {
      const scope = scopes.getStore()
      const [first] = Array.isArray(params) ? params : []
      const isSlice = query.startsWith('SELECT') && query.includes(' LIMIT ?')
      const table = first instanceof types.Uuid ? first.getBuffer().toString('hex') : ''
      const isTraced = isSlice && scope?.tables.has(table) === true
      if (isTraced && options) Object.assign(options, { traceQuery: true })
      const result = await execute.call(this, query, params, options)
      if (isTraced) scope.traces.push(result.info.traceId)
      return result
    }
    Reflect.set(Client.prototype, 'execute', traced)
  }

  /** Adds the slices of these logical tables that `work`, and what it starts, reads. */
  async of<T>(tables: readonly Buffer[], work: () => Promise<T>, reads = noReads()) {
    const names = new Set(tables.map((table) => table.toString('hex')))
    const scope: Scope = { tables: names, traces: [] }
    const result = await this.#scopes.run(scope, work)
    await atOnce(TRACES_AT_ONCE, [...scope.traces], (id) => this.#count(id, reads))
    return { result, reads }
  }

  async end(): Promise<void> {
    Reflect.set(Client.prototype, 'execute', this.#execute)
    await this.#client.shutdown()
  }

  /** Waits for the trace, which Cassandra writes after the response, the session's duration
   * last. */
  async #count(id: types.Uuid, reads: Reads): Promise<void> {
    const select = async (what: string, relation: string) => {
      const query = `SELECT ${what} FROM system_traces.${relation} WHERE session_id = ?`
      return (await this.#execute.call(this.#client, query, [id], { prepare: true })).rows
    }
    const until = performance.now() + TRACE_LIMIT_MS
    const isWritten = async () => (await select('duration', 'sessions'))[0]?.duration != null
    while (!(await isWritten()) && performance.now() < until) await delay(TRACE_POLL_MS)
    const lines = (await isWritten()) ? await select('activity', 'events') : []
    const read = lines
      .map(({ activity }) => READ_LINE.exec(activity))
      .filter((line) => line !== null)
    if (read.length === 0) {
      reads.untraced += 1
      return
    }
    const sum = (group: number) => read.reduce((all, line) => all + Number(line[group]), 0)
    reads.slices += 1
    reads.live += sum(1)
    reads.tombstones += sum(2)
    reads.most = Math.max(reads.most, sum(1) + sum(2))
  }
}
