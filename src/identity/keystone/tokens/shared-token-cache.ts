import type { Clock } from '../../../cache/clock.ts'
import type { NodeOptions } from '../../../cache/memcached/node.ts'
import { MemcachedPool } from '../../../cache/memcached/pool.ts'
import type { Options } from '../../../config/option-groups.ts'
import type { KeystoneLog } from '../log.ts'
import { readTlsFiles, type TlsOptions } from '../tls-files.ts'
import { type EntryFormat, entryFormats } from './entry-format.ts'
import { parseTokenBody, type TokenBody } from './token-body.ts'
import type { Validation } from './validation.ts'

type KeystoneGroup = Options['keystone_authtoken']

/** Validated tokens in memcached, shared with other processes and with services that use
 * keystonemiddleware. Entries may be missing, outdated or (without a security strategy) forged, so
 * they are parsed as strictly as Keystone's answers, and no bad entry causes an error. */
export class SharedTokenCache {
  readonly pool: MemcachedPool
  readonly #formatOf: (token: string) => EntryFormat
  readonly #seconds: number
  readonly #clock: Clock

  /** @throws if a TLS file cannot be read */
  constructor(
    options: KeystoneGroup,
    { seconds, clock, log }: { seconds: number; clock: Clock; log: KeystoneLog },
  ) {
    const { memcached_servers: servers = [], memcache_security_strategy: strategy } = options
    this.pool = new MemcachedPool(servers, nodeOptions(options), clock, {
      died: (server, reason) => log.warn({ server, reason }, 'memcached is unreachable'),
      returned: (server) => log.info({ server }, 'memcached is reachable again'),
    })
    this.#formatOf = entryFormats(strategy, options.memcache_secret_key ?? '')
    this.#seconds = seconds
    this.#clock = clock
    if (strategy !== 'None') return
    // Every user of a machine can connect to its loopback addresses, but sockets have an owner.
    const reachable = servers.filter((server) => !server.startsWith('unix:')).join(',')
    if (reachable === '') return
    log.warn(
      { servers: reachable },
      'memcached without memcache_security_strategy: its users can forge tokens',
    )
  }

  keyOf(token: string): string {
    return this.#formatOf(token).key
  }

  /** Undefined if the token is missing, expired or malformed. */
  async get(token: string): Promise<TokenBody | undefined> {
    const format = this.#formatOf(token)
    const value = await this.pool.get(format.key)
    const text = value === undefined ? undefined : format.decode(value)
    const body = text === undefined ? undefined : parseTokenBody(text)
    return body !== undefined && body.expiresAt > this.#clock.wallMs() ? body : undefined
  }

  /** Skips tokens with access rules: keystonemiddleware fails on those without a catalog, which
   * this service does not request. */
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

export function nodeOptions(group: KeystoneGroup): NodeOptions {
  return {
    connectionsMax: group.memcache_pool_maxsize,
    operationTimeoutMs: group.memcache_pool_socket_timeout * 1_000,
    unusedTimeoutMs: group.memcache_pool_unused_timeout * 1_000,
    deadRetryMs: group.memcache_pool_dead_retry * 1_000,
    tls: group.memcache_tls_enabled ? readTlsFiles(tlsOptions(group)) : undefined,
  }
}

/** Without a key file, the key is in the certificate's file. */
function tlsOptions(group: KeystoneGroup): TlsOptions {
  return {
    cafile: group.memcache_tls_cafile,
    certfile: group.memcache_tls_certfile,
    keyfile: group.memcache_tls_keyfile ?? group.memcache_tls_certfile,
    ciphers: group.memcache_tls_allowed_ciphers,
  }
}
