import type { Clock } from '../../../cache/clock.ts'
import { MemcachedPool } from '../../../cache/memcached/pool.ts'
import type { KeystoneLog } from '../log.ts'
import type { SharedCacheOptions } from '../options.ts'
import { readTlsFiles } from '../tls-files.ts'
import { type EntryFormat, entryFormats } from './entry-format.ts'
import { parseTokenBody, type TokenBody } from './token-body.ts'
import type { Validation } from './validation.ts'

/**
 * What Keystone said of tokens, in memcached, for all processes and for services with
 * keystonemiddleware. What is there may be missing, old or forged by whoever reaches the servers
 * (unless there is a security strategy): it is checked like any answer, and never an error.
 */
export class SharedTokenCache {
  readonly pool: MemcachedPool
  readonly #formatOf: (token: string) => EntryFormat
  readonly #seconds: number
  readonly #clock: Clock

  /** @throws when a file of the TLS options cannot be read */
  constructor(
    options: SharedCacheOptions,
    parts: { seconds: number; clock: Clock; log: KeystoneLog },
  ) {
    const { clock, log } = parts
    const tls = options.tls && readTlsFiles(options.tls)
    this.pool = new MemcachedPool(options.servers, { ...options.pool, tls }, clock, {
      died: (server, reason) => log.warn({ server, reason }, 'memcached is gone'),
      returned: (server) => log.info({ server }, 'memcached is back'),
    })
    this.#formatOf = entryFormats(options.securityStrategy, options.secretKey ?? '')
    this.#seconds = parts.seconds
    this.#clock = clock
    if (options.securityStrategy !== 'None') return
    // Any account of this machine reaches a loopback address; a socket has its owner.
    const servers = options.servers.filter((server) => !server.startsWith('unix:')).join(',')
    if (servers === '') return
    log.warn(
      { servers },
      'memcached without memcache_security_strategy: who reaches it forges tokens',
    )
  }

  /** The key of a token's entry. */
  keyOf(token: string): string {
    return this.#formatOf(token).key
  }

  /** @returns undefined for a token that is not there, has expired, or is not as it was written */
  async get(token: string): Promise<TokenBody | undefined> {
    const format = this.#formatOf(token)
    const value = await this.pool.get(format.key)
    const text = value === undefined ? undefined : format.decode(value)
    const body = text === undefined ? undefined : parseTokenBody(text)
    return body !== undefined && body.expiresAt > this.#clock.wallMs() ? body : undefined
  }

  /**
   * Tokens with access rules are not shared: keystonemiddleware fails on those without a catalog,
   * which is not asked for here.
   */
  async set(token: string, { body, text }: Validation): Promise<void> {
    if (body.accessRules !== undefined) return
    const format = this.#formatOf(token)
    await this.pool.set(format.key, format.encode(text), this.#seconds)
  }

  async delete(key: string): Promise<void> {
    await this.pool.delete(key)
  }

  close(): void {
    this.pool.close()
  }
}
