import { hash } from 'node:crypto'
import type { Clock } from './clock.ts'

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

/** Bounded; the entry that was not used for longest makes room. Ends are checked at each hit. */
export class TokenCache<V> {
  readonly #entries = new Map<string, Entry<V>>()
  readonly #clock: Clock
  readonly #entriesMax: number
  readonly #cacheTimeMs: number

  /** @param cacheTimeMs 0 or less keeps nothing */
  constructor(options: { clock: Clock; entriesMax: number; cacheTimeMs: number }) {
    this.#clock = options.clock
    this.#entriesMax = options.entriesMax
    this.#cacheTimeMs = options.cacheTimeMs
  }

  get size(): number {
    return this.#entries.size
  }

  get(key: string): V | undefined {
    const entry = this.#entries.get(key)
    if (entry === undefined) return undefined
    this.#entries.delete(key)
    const isOver =
      this.#clock.monotonicMs() >= entry.staleAtMs || this.#clock.wallMs() >= entry.expiresAtMs
    if (isOver) return undefined
    this.#entries.set(key, entry)
    return entry.value
  }

  /** @param expiresAtMs milliseconds since 1970 */
  set(key: string, value: V, expiresAtMs: number): void {
    if (this.#cacheTimeMs <= 0) return
    this.#entries.delete(key)
    if (this.#entries.size >= this.#entriesMax) {
      const [oldest] = this.#entries.keys()
      if (oldest !== undefined) this.#entries.delete(oldest)
    }
    const staleAtMs = this.#clock.monotonicMs() + this.#cacheTimeMs
    this.#entries.set(key, { value, staleAtMs, expiresAtMs })
  }

  clear(): void {
    this.#entries.clear()
  }
}
