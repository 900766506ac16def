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

/**
 * Bounded. Entries live in two generations: those set or used since the older generation was
 * dropped, and those of the time before. When the younger one holds half of all that may be kept,
 * it becomes the older one. So what is in use stays, and a hit seldom changes anything: moving the
 * entry at each hit, as an exact order of use needs, made a hit five times as expensive.
 * Ends are checked at each hit.
 */
export class TokenCache<V> {
  readonly #clock: Clock
  readonly #generationMax: number
  readonly #cacheTimeMs: number
  #young = new Map<string, Entry<V>>()
  #old = new Map<string, Entry<V>>()

  /** @param cacheTimeMs 0 or less keeps nothing */
  constructor(options: { clock: Clock; entriesMax: number; cacheTimeMs: number }) {
    this.#clock = options.clock
    this.#generationMax = options.entriesMax / 2
    this.#cacheTimeMs = options.cacheTimeMs
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get(key: string): V | undefined {
    const entry = this.#young.get(key) ?? this.#rejuvenate(key)
    if (entry === undefined) return undefined
    const isOver =
      this.#clock.monotonicMs() >= entry.staleAtMs || this.#clock.wallMs() >= entry.expiresAtMs
    return isOver ? undefined : entry.value
  }

  /** @param expiresAtMs milliseconds since 1970 */
  set(key: string, value: V, expiresAtMs: number, cacheTimeMs = this.#cacheTimeMs): void {
    if (cacheTimeMs <= 0) return
    const staleAtMs = this.#clock.monotonicMs() + cacheTimeMs
    this.#add(key, { value, staleAtMs, expiresAtMs })
  }

  /** Calls for each entry, a few of which may be over already, and drops those it says true to. */
  deleteWhere(isUnwanted: (value: V) => boolean): void {
    for (const generation of [this.#young, this.#old]) {
      for (const [key, { value }] of generation) if (isUnwanted(value)) generation.delete(key)
    }
  }

  clear(): void {
    this.#young.clear()
    this.#old.clear()
  }

  #rejuvenate(key: string): Entry<V> | undefined {
    const entry = this.#old.get(key)
    if (entry !== undefined) this.#add(key, entry)
    return entry
  }

  #add(key: string, entry: Entry<V>): void {
    if (this.#young.size >= this.#generationMax) {
      this.#old = this.#young
      this.#young = new Map()
    }
    this.#young.set(key, entry)
  }
}
