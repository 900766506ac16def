import { MagnetoDBError } from '../model/errors.ts'

/** Projects of which a process knows how much is left. Of more, the one seen longest ago begins
 * anew. */
const PROJECTS_MAX = 10_000

export interface Rates {
  /** Requests a second of one project that read; 0: any number. */
  readonly read: number
  /** The same of those that write. */
  readonly write: number
}

export const NO_LIMIT: Rates = { read: 0, write: 0 }

interface Bucket {
  left: number
  atMs: number
}

/** A token bucket for the reads and one for the writes of each project. Each holds the requests of
 * one second. */
export class RateLimits {
  readonly #rates: Rates
  readonly #nowMs: () => number
  readonly #buckets = { read: new Map<string, Bucket>(), write: new Map<string, Bucket>() }

  constructor(rates: Rates = NO_LIMIT, nowMs: () => number = () => performance.now()) {
    this.#rates = rates
    this.#nowMs = nowMs
  }

  /** Counts a request. @throws MagnetoDBError `rate_exceeded` */
  take(projectId: string, access: keyof Rates): void {
    const perSecond = this.#rates[access]
    if (perSecond === 0) return
    const buckets = this.#buckets[access]
    const { left, atMs } = this.#refilled(buckets.get(projectId), perSecond)
    if (left < 1) {
      const retryAfterSeconds = Math.ceil((1 - left) / perSecond)
      throw new MagnetoDBError({ is: 'rate_exceeded', perSecond, retryAfterSeconds })
    }
    // Set anew, so that the first one is the one seen longest ago.
    buckets.delete(projectId)
    buckets.set(projectId, { left: left - 1, atMs })
    if (buckets.size <= PROJECTS_MAX) return
    for (const oldest of buckets.keys()) {
      buckets.delete(oldest)
      return
    }
  }

  #refilled(bucket: Bucket | undefined, perSecond: number): Bucket {
    const atMs = this.#nowMs()
    const most = Math.max(1, perSecond)
    if (bucket === undefined) return { left: most, atMs }
    const refilled = ((atMs - bucket.atMs) / 1_000) * perSecond
    return { left: Math.min(most, bucket.left + refilled), atMs }
  }
}
