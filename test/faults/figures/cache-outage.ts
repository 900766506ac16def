import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { entryFormats } from '../../../src/identity/keystone/tokens/entry-format.ts'
import { CountingProxy } from '../../identity/keystone/counting-proxy.ts'
import { keystoneSection } from '../../live/keystone-section.ts'
import { MemcachedServer } from '../../live/memcached-server.ts'
import { FaultedKeystone } from '../faulted-keystone.ts'
import { FaultedService } from '../faulted-service.ts'
import { type Figure, type FigureOptions, limitMs, type Measured } from '../figure.ts'
import { HttpClient } from '../http-client.ts'

const SERVERS = 2
const WORKERS = 2
const TOKENS = 100
const TOKENS_SHORT = 20
/** So many that it is likely that each worker answers one. */
const CONNECTIONS_PER_TOKEN = 4
/** What lies there is readable, and so easier to forge than with ENCRYPT. */
const STRATEGY = 'MAC'
const SECRET = 'of these servers'
const SOCKET_TIMEOUT_SECONDS = 0.25
const DEAD_RETRY_SECONDS = 3
const SLOW_MS = 1_000 * SOCKET_TIMEOUT_SECONDS
const formatOf = entryFormats(STRATEGY, SECRET)

/** memcached is killed, stopped, flushed and filled with what was not written by us. */
export const CACHE_OUTAGE: Figure = {
  name: '13',
  shows: 'requests that fail or are believed too much while memcached is at fault',
  controls: ['forgeable-entries'],
  measure,
}

async function measure(options: FigureOptions): Promise<Measured> {
  const keystone = await FaultedKeystone.start(options)
  const proxy = await CountingProxy.start(keystone.data.url)
  const servers: MemcachedServer[] = []
  let service: FaultedService | undefined
  try {
    while (servers.length < SERVERS) servers.push(await MemcachedServer.start())
    service = await FaultedService.start({
      config: config(keystone, proxy, servers),
      folder: join(options.folder, 'service'),
      bug: options.bug,
    })
    const outage = new CacheOutage({ keystone, proxy, servers, service }, options)
    await outage.play()
    return {
      value: outage.failed,
      target:
        `0 failed, over ${limitMs(SLOW_MS, options)} ms once for each worker and server, ` +
        'nothing forged',
      faults: outage.faults,
      detail: outage.detail,
    }
  } finally {
    await service?.stop()
    for (const server of servers) await server.stop()
    await proxy.stop()
    await keystone.kill()
  }
}

function config(
  { data }: FaultedKeystone,
  proxy: CountingProxy,
  servers: readonly MemcachedServer[],
) {
  return {
    DEFAULT: { auth_strategy: 'keystone', workers: WORKERS },
    keystone_authtoken: {
      ...keystoneSection(data),
      endpoint_override: proxy.url,
      memcached_servers: servers.map(({ address }) => address).join(','),
      memcache_security_strategy: STRATEGY,
      memcache_secret_key: SECRET,
      memcache_pool_socket_timeout: SOCKET_TIMEOUT_SECONDS,
      memcache_pool_dead_retry: DEAD_RETRY_SECONDS,
    },
  }
}

interface Parts {
  readonly keystone: FaultedKeystone
  readonly proxy: CountingProxy
  readonly servers: readonly MemcachedServer[]
  readonly service: FaultedService
}

class CacheOutage {
  failed = 0
  readonly faults: string[] = []
  readonly detail: Record<string, unknown> = {}
  readonly #parts: Parts
  readonly #options: FigureOptions
  readonly #count: number

  constructor(parts: Parts, options: FigureOptions) {
    this.#parts = parts
    this.#options = options
    this.#count = options.short ? TOKENS_SHORT : TOKENS
  }

  async play(): Promise<void> {
    const { servers, service, keystone } = this.#parts
    const tokens = await keystone.newTokens(this.#count)
    await this.#round('whole', tokens, { asked: WORKERS })

    for (const server of servers) await server.kill()
    await this.#round('killed', await keystone.newTokens(this.#count), { asked: WORKERS })
    for (const server of servers) await server.start()
    await this.#untilRetried()

    for (const server of servers) await server.pause()
    await this.#round('stopped', await keystone.newTokens(this.#count), { asked: WORKERS })
    for (const server of servers) server.resume()
    await this.#untilRetried()

    for (const server of servers) await server.tell('flush_all', 'OK')
    await this.#forget(service)
    await this.#round('flushed', tokens, { asked: WORKERS })

    await this.#corrupt(tokens)
    await this.#forget(service)
    await this.#round('corrupted', tokens, { asked: WORKERS, askedMin: 1 })
    await this.#tryForged(tokens)
  }

  /** All tokens at once, each on several connections, none of which may fail; Keystone is asked at
   * most so often about each. */
  async #round(
    name: string,
    tokens: readonly string[],
    { asked, askedMin = 0 }: { readonly asked: number; readonly askedMin?: number },
  ): Promise<void> {
    const { proxy } = this.#parts
    const before = proxy.validations
    const failuresBefore = proxy.failures
    const failed: string[] = []
    const since = performance.now()
    const latencies: number[] = []
    const waiting = Array.from({ length: CONNECTIONS_PER_TOKEN }, () => tokens).flat()
    const askWaiting = async () => {
      for (let token = waiting.pop(); token !== undefined; token = waiting.pop()) {
        const started = performance.now()
        const status = await this.#ask(token)
        latencies.push(performance.now() - started)
        if (status !== 200) failed.push(`${name}: a request was answered ${status}`)
      }
    }
    // One after the other: what waits for Keystone together with others is slow for their sake.
    await askWaiting()
    const periods = Math.ceil((performance.now() - since) / (1_000 * DEAD_RETRY_SECONDS))
    const slow = latencies.filter((ms) => ms > limitMs(SLOW_MS, this.#options)).length
    if (slow > periods * WORKERS * SERVERS) this.faults.push(`${name}: ${slow} requests were slow`)
    // What Keystone failed at, for all who waited for that answer, is no fault of memcached.
    const keystoneFailures = proxy.failures - failuresBefore
    if (failed.length > CONNECTIONS_PER_TOKEN * keystoneFailures) {
      this.failed += failed.length
      this.faults.push(...failed)
    }
    const validations = proxy.validations - before
    if (validations > asked * tokens.length + keystoneFailures) {
      this.faults.push(`${name}: Keystone was asked ${validations} times`)
    }
    if (validations < askedMin * tokens.length) {
      this.faults.push(`${name}: Keystone was asked only ${validations} times`)
    }
    const slowestMs = Math.round(Math.max(...latencies))
    const requests = latencies.length
    this.detail[name] = { requests, validations, keystoneFailures, slow, slowestMs }
  }

  /** Each entry is damaged by a bit or replaced by another token's. */
  async #corrupt(tokens: readonly string[]): Promise<void> {
    const entries = await Promise.all(tokens.map((token) => this.#entry(token)))
    for (const [i, token] of tokens.entries()) {
      const [own = '', other = ''] = [entries[i], entries[(i + 1) % tokens.length]]
      const damaged = Buffer.from(own, 'latin1')
      const at = this.#options.random.below(damaged.length)
      damaged[at] = (damaged[at] ?? 0) ^ 1
      await this.#store(token, i % 2 === 0 ? damaged.toString('latin1') : other)
    }
  }

  /** A token that Keystone never gave, with the entry of one that it has given. */
  async #tryForged([token = '']: readonly string[]): Promise<void> {
    const forged = `${token.slice(0, -8)}AAAAAAAA`
    await this.#store(forged, await this.#entry(token))
    const status = await this.#ask(forged)
    if (status !== 401) this.faults.push(`a forged token was answered ${status}`)
  }

  async #ask(token: string): Promise<number> {
    const { service, keystone } = this.#parts
    const projectId = keystone.data.projects.alpha.id
    const client = new HttpClient(service.url, { token, projectId })
    const reply = await client.get('tables')
    client.close()
    return reply.kind === 'answered' ? reply.status : 0
  }

  /** Wherever it is. */
  async #entry(token: string): Promise<string> {
    const command = `get ${formatOf(token).key}`
    for (const server of this.#parts.servers) {
      const answer = await server.tell(command, 'END')
      const [, value] = /^VALUE [^\r]*\r\n([^\r]*)\r\n/.exec(answer) ?? []
      if (value !== undefined) return value
    }
    throw new Error('a token is not in memcached')
  }

  async #store(token: string, value: string): Promise<void> {
    const command = `set ${formatOf(token).key} 0 300 ${value.length}\r\n${value}`
    for (const server of this.#parts.servers) await server.tell(command, 'STORED')
  }

  /** What the workers remember themselves. */
  async #forget(service: FaultedService): Promise<void> {
    await service.stop()
    await service.start()
  }

  async #untilRetried(): Promise<void> {
    await delay(1_000 * DEAD_RETRY_SECONDS, undefined, { signal: this.#options.signal })
  }
}
