import { hash } from 'node:crypto'
import type { Clock } from '../../../cache/clock.ts'
import { GenerationalCache } from '../../../cache/generational-cache.ts'

interface Entry<V> {
  readonly value: V
  /** When the caching time ends, by the monotonic clock. */
  readonly staleAtMs: number
  /** When the value itself ends, by the wall clock. */
  readonly expiresAtMs: number
}

/** The exact bytes of a token decide, and a heap dump does not show it. */
export function tokenKey(token: string): string {
  return hash('sha256', token, 'base64')
}

/** Bounded; what is in use stays. Ends are checked at each hit. */
export class TokenCache<V> {
  readonly #clock: Clock
  readonly #cacheTimeMs: number
  readonly #entries: GenerationalCache<Entry<V>>

  /** @param cacheTimeMs 0 or less keeps nothing */
  constructor(options: { clock: Clock; entriesMax: number; cacheTimeMs: number }) {
    this.#clock = options.clock
    this.#cacheTimeMs = options.cacheTimeMs
    this.#entries = new GenerationalCache(options.entriesMax)
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    const isOver =
      this.#clock.monotonicMs() >= entry.staleAtMs || this.#clock.wallMs() >= entry.expiresAtMs
    return isOver ? undefined : entry.value
  }

  /** @param expiresAtMs milliseconds since 1970 */
  set(key: string, value: V, expiresAtMs: number, cacheTimeMs = this.#cacheTimeMs): void {
    if (cacheTimeMs <= 0) return
    const staleAtMs = this.#clock.monotonicMs() + cacheTimeMs
    this.#entries.set(key, { value, staleAtMs, expiresAtMs })
  }

  /** Calls for each entry, a few of which may be over already, and drops those it says true to. */
  deleteWhere(isUnwanted: (value: V) => boolean): void {
    this.#entries.deleteWhere(({ value }) => isUnwanted(value))
  }

  clear(): void {
    this.#entries.clear()
  }
}
