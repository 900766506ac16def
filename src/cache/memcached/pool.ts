import type { Clock } from '../clock.ts'
import { MemcachedNode, type NodeEvents, type NodeOptions } from './node.ts'
import { serverOf } from './rendezvous.ts'

/** Bytes of a value. memcached's limit is 1 MiB including the key and its own header. */
const VALUE_BYTES_MAX = 1_000_000

/** Several servers as one cache, which may lose any entry at any time. Operations never fail. */
export class MemcachedPool {
  readonly #servers: readonly string[]
  readonly #nodes: readonly MemcachedNode[]

  /** @param servers `host:port`, `[IPv6]:port` or `unix:path` each */
  constructor(servers: readonly string[], options: NodeOptions, clock: Clock, events: NodeEvents) {
    this.#servers = servers
    this.#nodes = servers.map((address) => new MemcachedNode(address, options, clock, events))
  }

  /** @param key printable ASCII without spaces, at most 250 characters */
  async get(key: string): Promise<string | undefined> {
    return this.#try(key, (node) => node.get(key))
  }

  /** @param seconds 1 to 2592000 */
  async set(key: string, value: string, seconds: number): Promise<void> {
    if (Buffer.byteLength(value) > VALUE_BYTES_MAX) return
    await this.#try(key, (node) => node.set(key, value, seconds))
  }

  async delete(key: string): Promise<void> {
    await this.#try(key, (node) => node.delete(key))
  }

  close(): void {
    for (const node of this.#nodes) node.close()
  }

  /** Tries only one server, since a second try would cost a second time-out. */
  async #try<T>(key: string, call: (node: MemcachedNode) => Promise<T>): Promise<T | undefined> {
    const isAvailable = (index: number) => this.#nodes[index]?.isAvailable ?? false
    const node = this.#nodes[serverOf(key, this.#servers, isAvailable) ?? -1]
    if (node === undefined) return undefined
    try {
      return await call(node)
    } catch {
      // `NodeEvents` reports the error. For the caller it is a cache miss.
      return undefined
    }
  }
}
