import { AsyncLocalStorage } from 'node:async_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import { type ArrayOrObject, Client, type QueryOptions, types } from 'cassandra-driver'
import type { CassandraOptions } from '../../../src/storage/cassandra/options.ts'
import { atOnce } from '../../support/at-once.ts'

/** What Cassandra read for one slice. */
export interface SliceCount {
  /** The logical table's id, in hexadecimal. */
  readonly table: string
  readonly live: number
  readonly tombstones: number
}

/** The result of some work, and the slices that it has read. */
export interface ReadByWork<T> {
  readonly result: T
  readonly slices: readonly SliceCount[]
  /** Slices without trace. Cassandra drops traces while it is busy. */
  readonly untraced: number
}

interface Traced {
  readonly table: string
  readonly id: types.Uuid
}

/** The traces of some work, including all that it has started. */
interface Scope {
  readonly tables: ReadonlySet<string>
  readonly traced: Traced[]
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

/** Traces what Cassandra reads for slices of this process, until `end`. */
export class TracedSlices {
  readonly #client: Client
  readonly #execute: Execute = Reflect.get(Client.prototype, 'execute')
  readonly #scopes = new AsyncLocalStorage<Scope>()

  constructor({ contact_points, port, local_data_center }: CassandraOptions) {
    this.#client = new Client({
      ...{ contactPoints: [...contact_points], protocolOptions: { port } },
      localDataCenter: local_data_center,
      isMetadataSyncEnabled: false,
      socketOptions: { readTimeout: 60_000 },
    })
    const follow = this.#follow.bind(this)
    const execute: (this: Client, ...call: Parameters<Execute>) => ReturnType<Execute> = function (
      ...call
    ) {
      return follow(this, ...call)
    }
    Reflect.set(Client.prototype, 'execute', execute)
  }

  /** The slices of these logical tables that `work`, and whatever it starts, reads until it
   * ends. */
  async of<T>(tables: readonly Buffer[], work: () => Promise<T>): Promise<ReadByWork<T>> {
    const names = new Set(tables.map((table) => table.toString('hex')))
    const scope: Scope = { tables: names, traced: [] }
    const result = await this.#scopes.run(scope, work)
    const traced = [...scope.traced]
    const counts: (SliceCount | undefined)[] = []
    await atOnce(TRACES_AT_ONCE, traced, async (each) => counts.push(await this.#countOf(each)))
    const slices = counts.filter((count) => count !== undefined)
    return { result, slices, untraced: counts.length - slices.length }
  }

  async end(): Promise<void> {
    Reflect.set(Client.prototype, 'execute', this.#execute)
    await this.#client.shutdown()
  }

  async #follow(
    client: Client,
    query: string,
    params?: ArrayOrObject,
    options?: QueryOptions,
  ): Promise<types.ResultSet> {
    const scope = this.#scopes.getStore()
    const [first] = Array.isArray(params) ? params : []
    const isSlice = query.startsWith('SELECT') && query.includes(' LIMIT ?')
    const table = first instanceof types.Uuid ? first.getBuffer().toString('hex') : ''
    const isTraced = isSlice && scope?.tables.has(table) === true
    if (isTraced && options) Object.assign(options, { traceQuery: true })
    const result = await this.#execute.call(client, query, params, options)
    if (isTraced) scope.traced.push({ table, id: result.info.traceId })
    return result
  }

  /** Waits for the trace, which Cassandra writes after the response, the session's duration
   * last. */
  async #countOf({ table, id }: Traced): Promise<SliceCount | undefined> {
    const select = async (what: string, relation: string) => {
      const query = `SELECT ${what} FROM system_traces.${relation} WHERE session_id = ?`
      return (await this.#execute.call(this.#client, query, [id], { prepare: true })).rows
    }
    const until = performance.now() + TRACE_LIMIT_MS
    while ((await select('duration', 'sessions'))[0]?.duration == null) {
      if (performance.now() > until) return undefined
      await delay(TRACE_POLL_MS)
    }
    const lines = await select('activity', 'events')
    const reads = lines
      .map(({ activity }) => READ_LINE.exec(activity))
      .filter((line) => line !== null)
    const sum = (group: number) => reads.reduce((all, line) => all + Number(line[group]), 0)
    return reads.length > 0 ? { table, live: sum(1), tombstones: sum(2) } : undefined
  }
}
