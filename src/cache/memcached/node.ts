import type { ConnectionOptions } from 'node:tls'
import type { Clock } from '../clock.ts'
import { MemcachedClient } from './client.ts'

/** More than these at a time do without the cache. */
const OPERATIONS_UNDERWAY_MAX = 1_000

export interface NodeOptions {
  /** `memcache_pool_maxsize`: connections to one node; operations share them. */
  readonly connectionsMax: number
  /** `memcache_pool_socket_timeout`: one operation, with its connecting. */
  readonly operationTimeoutMs: number
  /** `memcache_pool_unused_timeout` */
  readonly unusedTimeoutMs: number
  /** `memcache_pool_dead_retry`: how long a node that failed is left alone. */
  readonly deadRetryMs: number
  /** `memcache_tls_enabled`. Undefined: connections are in plain. */
  readonly tls?: ConnectionOptions | undefined
}

export interface NodeEvents {
  died(node: string, reason: string): void
  returned(node: string): void
}

/**
 * One server. When an operation fails, the node is dead for a while: all others that are under way
 * end at once, and none is tried until the dead period is over. Then a single operation finds out
 * whether it is back.
 */
export class MemcachedNode {
  readonly address: string
  readonly #options: NodeOptions
  readonly #clock: Clock
  readonly #events: NodeEvents
  #client: MemcachedClient | undefined
  #deadUntilMs: number | undefined
  #isProbing = false
  readonly #underway = new Set<(reason: Error) => void>()

  constructor(address: string, options: NodeOptions, clock: Clock, events: NodeEvents) {
    this.address = address
    this.#options = options
    this.#clock = clock
    this.#events = events
  }

  /** Whether an operation that is begun now is tried. */
  get isAvailable(): boolean {
    if (this.#deadUntilMs === undefined) return true
    return !this.#isProbing && this.#clock.monotonicMs() >= this.#deadUntilMs
  }

  async get(key: string): Promise<string | undefined> {
    const found = await this.#run(`get ${key}\r\n`)
    const entry = (found as Readonly<Record<string, { value?: unknown } | undefined>>)[key]
    return typeof entry?.value === 'string' ? entry.value : undefined
  }

  async set(key: string, value: string, seconds: number): Promise<void> {
    const bytes = Buffer.byteLength(value)
    await this.#run(`set ${key} 0 ${seconds} ${bytes}\r\n${value}\r\n`)
  }

  async delete(key: string): Promise<void> {
    await this.#run(`delete ${key}\r\n`)
  }

  close(): void {
    this.#client?.shutdown()
    this.#client = undefined
    for (const fail of this.#underway) fail(new Error('closed'))
  }

  async #run(command: string): Promise<unknown> {
    if (this.#underway.size >= OPERATIONS_UNDERWAY_MAX) throw new Error('too many operations')
    this.#isProbing = this.#deadUntilMs !== undefined
    this.#client ??= this.#connect()
    const client = this.#client
    try {
      const reply = await this.#bounded(this.#send(client, command))
      this.#answered(client)
      return reply
    } catch (error) {
      if (isReply(error)) this.#answered(client)
      else this.#failed(client, error)
      throw error
    }
  }

  #connect(): MemcachedClient {
    const { connectionsMax, operationTimeoutMs, unusedTimeoutMs, tls } = this.#options
    return new MemcachedClient({
      address: this.address,
      connectionsMax,
      // Behind ours, which comes to the point.
      commandTimeoutMs: 4 * operationTimeoutMs,
      unusedTimeoutMs,
      tls,
    })
  }

  async #send(client: MemcachedClient, command: string): Promise<unknown> {
    return await client.send((socket) => {
      if (socket === undefined) throw new Error('closed')
      socket.write(command)
    })
  }

  #bounded(reply: Promise<unknown>): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => fail(new Error('timed out')), this.#options.operationTimeoutMs)
      const end = () => {
        clearTimeout(timer)
        this.#underway.delete(fail)
      }
      const fail = (reason: Error) => {
        end()
        reject(reason)
      }
      this.#underway.add(fail)
      reply.then((value) => {
        end()
        resolve(value)
      }, fail)
    })
  }

  #answered(client: MemcachedClient): void {
    if (client !== this.#client || this.#deadUntilMs === undefined) return
    this.#deadUntilMs = undefined
    this.#isProbing = false
    this.#events.returned(this.address)
  }

  #failed(client: MemcachedClient, error: unknown): void {
    if (client !== this.#client) return
    const reason = error instanceof Error ? error.message : 'unknown failure'
    const wasDead = this.#deadUntilMs !== undefined
    this.#deadUntilMs = this.#clock.monotonicMs() + this.#options.deadRetryMs
    this.#isProbing = false
    this.close()
    if (!wasDead) this.#events.died(this.address, reason)
  }
}

/** An answer of the server such as NOT_FOUND or SERVER_ERROR: it lives. */
function isReply(error: unknown): boolean {
  return error instanceof Error && 'cmdTokens' in error
}
