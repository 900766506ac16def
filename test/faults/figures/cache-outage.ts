import { setTimeout as delay } from 'node:timers/promises'
import type { MemcachedServer } from '../../live/memcached-server.ts'
import { withKeystone } from '../faulted-keystone.ts'
import { type Figure, limitMs, type Measured } from '../figure.ts'
import { KeystonePlay, WORKERS } from '../keystone-play.ts'

const SERVERS = 2
const TOKENS = 100
const TOKENS_SHORT = 20
/** Enough that each worker probably answers one. */
const CONNECTIONS_PER_TOKEN = 4
const SOCKET_TIMEOUT_SECONDS = 0.25
const DEAD_RETRY_SECONDS = 3
const SLOW_MS = 1_000 * SOCKET_TIMEOUT_SECONDS

type Act = (server: MemcachedServer) => unknown
const OUTAGES: readonly (readonly [name: string, begin: Act, end: Act])[] = [
  ['killed', (server) => server.kill(), (server) => server.start()],
  ['stopped', (server) => server.pause(), (server) => server.resume()],
]

/** memcached is killed, paused, flushed, and filled with foreign entries. */
export const CACHE_OUTAGE: Figure = {
  name: '13',
  shows: 'requests that fail or are believed too much while memcached is at fault',
  controls: ['forgeable-entries'],
  measure: (options) =>
    withKeystone(SERVERS, options, (own) => new CacheOutage(own, options).measure()),
}

class CacheOutage extends KeystonePlay {
  /** Entries are readable, and so easier to forge than with ENCRYPT. */
  protected override readonly strategy = 'MAC'
  #failed = 0

  async measure(): Promise<Measured> {
    const section = {
      memcache_pool_socket_timeout: SOCKET_TIMEOUT_SECONDS,
      memcache_pool_dead_retry: DEAD_RETRY_SECONDS,
    }
    await this.withService(section, () => this.#play())
    const slowMs = limitMs(SLOW_MS, this.options)
    const target = `0 failed, over ${slowMs} ms once for each worker and server, nothing forged`
    return this.measured(this.#failed, target)
  }

  async #play(): Promise<void> {
    const { servers } = this.identity
    const newTokens = () => this.newTokens(this.options.short ? TOKENS_SHORT : TOKENS)
    const tokens = await newTokens()
    await this.#round('whole', tokens)

    for (const [name, begin, end] of OUTAGES) {
      for (const server of servers) await begin(server)
      await this.#round(name, await newTokens())
      for (const server of servers) await end(server)
      await delay(1_000 * DEAD_RETRY_SECONDS, undefined, { signal: this.options.signal })
    }

    for (const server of servers) await server.tell('flush_all', 'OK')
    await this.#forget()
    await this.#round('flushed', tokens)

    await this.#corrupt(tokens)
    await this.#forget()
    await this.#round('corrupted', tokens, 1)
    await this.#tryForged(tokens)
  }

  /** Sends each token in turn, on several connections at once. No request may fail, and each worker
   * may ask Keystone at most once about each token. Requests that share a question to Keystone are
   * slow together. */
  async #round(name: string, tokens: readonly string[], askedMin = 0): Promise<void> {
    const { proxy } = this.identity
    const before = { validations: proxy.validations, failures: proxy.failures }
    const failed: string[] = []
    const latencies: number[] = []
    const since = performance.now()
    for (const token of Array.from({ length: CONNECTIONS_PER_TOKEN }, () => tokens).flat()) {
      const started = performance.now()
      const status = await this.#ask(token)
      latencies.push(performance.now() - started)
      if (status !== 200) failed.push(`${name}: a request was answered ${status}`)
    }
    const periods = Math.ceil((performance.now() - since) / (1_000 * DEAD_RETRY_SECONDS))
    const slow = latencies.filter((ms) => ms > limitMs(SLOW_MS, this.options)).length
    if (slow > periods * WORKERS * SERVERS) this.faults.push(`${name}: ${slow} requests were slow`)
    // Requests that failed because Keystone did are not memcached's fault.
    const keystoneFailures = proxy.failures - before.failures
    if (failed.length > CONNECTIONS_PER_TOKEN * keystoneFailures) {
      this.#failed += failed.length
      this.faults.push(...failed)
    }
    const validations = proxy.validations - before.validations
    const askedMax = WORKERS * tokens.length + keystoneFailures
    if (validations > askedMax || validations < askedMin * tokens.length) {
      this.faults.push(`${name}: Keystone was asked ${validations} times`)
    }
    const slowestMs = Math.round(Math.max(...latencies))
    const requests = latencies.length
    this.detail[name] = { requests, validations, keystoneFailures, slow, slowestMs }
  }

  /** Flips a bit in each entry, or replaces it by another token's. */
  async #corrupt(tokens: readonly string[]): Promise<void> {
    const entries = await Promise.all(tokens.map((token) => this.entry(token)))
    for (const [i, token] of tokens.entries()) {
      const [own = '', other = ''] = [entries[i], entries[(i + 1) % tokens.length]]
      const damaged = Buffer.from(own, 'latin1')
      const at = this.options.random.below(damaged.length)
      damaged[at] = (damaged[at] ?? 0) ^ 1
      await this.store(token, i % 2 === 0 ? damaged.toString('latin1') : other)
    }
  }

  /** Sends a token that Keystone never issued, after storing a real token's entry for it. */
  async #tryForged([token = '']: readonly string[]): Promise<void> {
    const forged = `${token.slice(0, -8)}AAAAAAAA`
    await this.store(forged, await this.entry(token))
    const status = await this.#ask(forged)
    if (status !== 401) this.faults.push(`a forged token was answered ${status}`)
  }

  #ask(token: string): Promise<number> {
    return this.statusOf({ token, projectId: this.alpha.id })
  }

  /** Clears the workers' own caches. */
  async #forget(): Promise<void> {
    await this.service.stop()
    await this.service.start()
  }
}
