import type { Clock } from '../../../cache/clock.ts'

const FAILURES_MAX = 50
const REFILLED_PER_SECOND = 5
const ADDRESSES_MAX = 10_000

interface Bucket {
  left: number
  atMs: number
}

/** Counts by address the tokens that Keystone found invalid: fifty at once, five a second. */
export class FailureBuckets {
  readonly #clock: Clock
  readonly #buckets = new Map<string, Bucket>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get size(): number {
    return this.#buckets.size
  }

  /** Whether an address has brought more invalid tokens than mistakes explain. */
  isEmpty(address: string): boolean {
    const bucket = this.#buckets.get(address)
    return bucket !== undefined && this.#leftOf(bucket) < 1
  }

  take(address: string): void {
    const known = this.#buckets.get(address)
    const left = known === undefined ? FAILURES_MAX : this.#leftOf(known)
    // Set anew, so that the oldest one is whoever has failed longest ago.
    this.#buckets.delete(address)
    this.#buckets.set(address, { left: Math.max(0, left - 1), atMs: this.#clock.monotonicMs() })
    if (this.#buckets.size <= ADDRESSES_MAX) return
    for (const oldest of this.#buckets.keys()) {
      this.#buckets.delete(oldest)
      return
    }
  }

  #leftOf({ left, atMs }: Bucket): number {
    const refilled = ((this.#clock.monotonicMs() - atMs) / 1_000) * REFILLED_PER_SECOND
    return Math.min(FAILURES_MAX, left + refilled)
  }
}
