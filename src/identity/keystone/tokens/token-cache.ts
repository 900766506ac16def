import { hash } from 'node:crypto'
import type { Clock } from '../../../cache/clock.ts'
import { GenerationalCache } from '../../../cache/generational-cache.ts'

interface Entry<V> {
  readonly value: V
  /** End of the caching time, by the monotonic clock. */
  readonly staleAtMs: number
  /** End of the value's own validity, by the wall clock. */
  readonly expiresAtMs: number
}

/** A hash, so that a heap dump does not contain tokens. */
export function tokenKey(token: string): string {
  return hash('sha256', token, 'base64')
}

export interface TokenCacheOptions<V> {
  readonly clock: Clock
  readonly entriesMax: number
  /** Caching time in milliseconds. With 0 or less, nothing is cached. */
  readonly cacheTimeMs: number
  /** Only the newest of several values with one id is kept. Default: all are kept. */
  idOf?(value: V): string | undefined
}

/** A bounded cache that keeps the entries in use. Expiry is checked at each hit. */
export class TokenCache<V> {
  readonly #options: TokenCacheOptions<V>
  readonly #entries: GenerationalCache<Entry<V>>
  readonly #keys = new Map<string, string>()

  constructor(options: TokenCacheOptions<V>) {
    this.#options = options
    this.#entries = new GenerationalCache(options.entriesMax)
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    const { clock } = this.#options
    const isOver = clock.monotonicMs() >= entry.staleAtMs || clock.wallMs() >= entry.expiresAtMs
    return isOver ? undefined : entry.value
  }

  /** @param expiresAtMs milliseconds since 1970 */
  set(key: string, value: V, expiresAtMs: number, timeMs = this.#options.cacheTimeMs): void {
    if (timeMs <= 0) return
    this.#replace(key, this.#options.idOf?.(value))
    const staleAtMs = this.#options.clock.monotonicMs() + timeMs
    this.#entries.set(key, { value, staleAtMs, expiresAtMs })
  }

  /** Deletes entries, a few of which may have expired. */
  deleteWhere(isUnwanted: (value: V) => boolean): void {
    this.#entries.deleteWhere(({ value }) => isUnwanted(value))
  }

  clear(): void {
    this.#entries.clear()
    this.#keys.clear()
  }

  #replace(key: string, id: string | undefined): void {
    if (id === undefined) return
    const known = this.#keys.get(id)
    if (known !== undefined && known !== key) this.#entries.delete(known)
    this.#keys.set(id, key)
    if (this.#keys.size <= 2 * this.#options.entriesMax) return
    for (const [each, of] of this.#keys) if (!this.#entries.has(of)) this.#keys.delete(each)
  }
}
