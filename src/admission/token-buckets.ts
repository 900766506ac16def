/** Buckets in memory. At the limit, the least recently used one is dropped, and starts full
 * again. */
const BUCKETS_MAX = 10_000

interface Bucket {
  readonly left: number
  readonly atMs: number
}

/** A token bucket for each key. It starts full. */
export class TokenBuckets {
  readonly #capacity: number
  readonly #perSecond: number
  readonly #nowMs: () => number
  readonly #buckets = new Map<string, Bucket>()

  constructor(capacity: number, perSecond: number, nowMs: () => number) {
    this.#capacity = capacity
    this.#perSecond = perSecond
    this.#nowMs = nowMs
  }

  get size(): number {
    return this.#buckets.size
  }

  /** Tokens left, with a fraction. */
  leftOf(key: string): number {
    const bucket = this.#buckets.get(key)
    if (bucket === undefined) return this.#capacity
    const refilled = ((this.#nowMs() - bucket.atMs) / 1_000) * this.#perSecond
    return Math.min(this.#capacity, bucket.left + refilled)
  }

  /** Takes one token, or the rest of one. */
  take(key: string): void {
    const left = Math.max(0, this.leftOf(key) - 1)
    // Deleted first, so that the map stays in the order of use.
    this.#buckets.delete(key)
    this.#buckets.set(key, { left, atMs: this.#nowMs() })
    const [oldest] = this.#buckets.keys()
    if (this.#buckets.size > BUCKETS_MAX && oldest !== undefined) this.#buckets.delete(oldest)
  }
}
