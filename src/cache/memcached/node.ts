import type { ConnectionOptions } from 'node:tls'
import type { Clock } from '../clock.ts'
import { type Command, MemcachedConnection } from './connection.ts'
import type { Reply } from './reply.ts'

/** Operations in flight on one server. Further ones fail at once. */
const OPERATIONS_UNDERWAY_MAX = 1_000

export interface NodeOptions {
  /** Connections to one server, which operations share. */
  readonly connectionsMax: number
  /** Milliseconds of one operation, including the time to connect. */
  readonly operationTimeoutMs: number
  readonly unusedTimeoutMs: number
  /** Milliseconds until a failed server is tried again. */
  readonly deadRetryMs: number
  /** TLS options. Undefined: no TLS. */
  readonly tls?: ConnectionOptions | undefined
}

export interface NodeEvents {
  died(node: string, reason: string): void
  returned(node: string): void
}

/** One server. When an operation fails, the server counts as dead, and all others in flight fail
 * too. After `deadRetryMs`, a single operation probes whether it is back. */
export class MemcachedNode {
  readonly address: string
  readonly #options: NodeOptions
  readonly #clock: Clock
  readonly #events: NodeEvents
  #connections: MemcachedConnection[] = []
  #underway = 0
  #deadUntilMs: number | undefined
  #isProbing = false

  constructor(address: string, options: NodeOptions, clock: Clock, events: NodeEvents) {
    this.address = address
    this.#options = options
    this.#clock = clock
    this.#events = events
  }

  /** Whether an operation would be sent now. */
  get isAvailable(): boolean {
    if (this.#deadUntilMs === undefined) return true
    return !this.#isProbing && this.#clock.monotonicMs() >= this.#deadUntilMs
  }

  async get(key: string): Promise<string | undefined> {
    const text = `get ${key}\r\n`
    return (await this.#run({ text, key, answers: ['VALUE', 'END'] })).value?.toString()
  }

  async set(key: string, value: string, seconds: number): Promise<void> {
    const text = `set ${key} 0 ${seconds} ${Buffer.byteLength(value)}\r\n${value}\r\n`
    await this.#run({ text, key, answers: ['STORED', 'NOT_STORED'] })
  }

  async delete(key: string): Promise<void> {
    await this.#run({ text: `delete ${key}\r\n`, key, answers: ['DELETED', 'NOT_FOUND'] })
  }

  close(): void {
    const connections = this.#connections
    this.#connections = []
    for (const connection of connections) connection.close('closed')
  }

  async #run(command: Command): Promise<Reply> {
    if (this.#underway >= OPERATIONS_UNDERWAY_MAX) throw new Error('too many operations')
    this.#isProbing = this.#deadUntilMs !== undefined
    const connections = this.#connections
    const connection = this.#leastLoaded()
    const { operationTimeoutMs } = this.#options
    const timer = setTimeout(() => connection.close('timed out'), operationTimeoutMs)
    this.#underway++
    try {
      const reply = await connection.send(command)
      if (connections === this.#connections) this.#answered()
      return reply
    } catch (error) {
      if (connections === this.#connections) this.#failed(error)
      throw error
    } finally {
      this.#underway--
      clearTimeout(timer)
    }
  }

  /** An idle connection, else a new one, else the least loaded. */
  #leastLoaded(): MemcachedConnection {
    const connections = this.#connections
    let least = connections[0]
    for (const each of connections) if (each.load < (least?.load ?? 0)) least = each
    const isFull = connections.length >= this.#options.connectionsMax
    if (least !== undefined && (isFull || least.load === 0)) return least
    const { unusedTimeoutMs, tls } = this.#options
    const target = { address: this.address, unusedTimeoutMs, tls }
    const connection = new MemcachedConnection(target, () => {
      const index = connections.indexOf(connection)
      if (index !== -1) connections.splice(index, 1)
    })
    connections.push(connection)
    return connection
  }

  #answered(): void {
    if (this.#deadUntilMs === undefined) return
    this.#deadUntilMs = undefined
    this.#isProbing = false
    this.#events.returned(this.address)
  }

  #failed(error: unknown): void {
    const reason = error instanceof Error ? error.message : 'unknown failure'
    const wasDead = this.#deadUntilMs !== undefined
    this.#deadUntilMs = this.#clock.monotonicMs() + this.#options.deadRetryMs
    this.#isProbing = false
    this.close()
    if (!wasDead) this.#events.died(this.address, reason)
  }
}
