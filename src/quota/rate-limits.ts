import { TokenBuckets } from '../admission/token-buckets.ts'
import { MagnetoDBError } from '../model/errors.ts'

export interface Rates {
  /** Reading requests per second and project; 0: unlimited. */
  readonly read: number
  /** Writing requests per second and project; 0: unlimited. */
  readonly write: number
}

export const NO_LIMIT: Rates = { read: 0, write: 0 }

/** Rate limits per project. A project may send one second's requests at once. */
export class RateLimits {
  readonly #rates: Rates
  readonly #buckets: Readonly<Record<keyof Rates, TokenBuckets>>

  constructor(rates: Rates = NO_LIMIT, nowMs: () => number = () => performance.now()) {
    const bucketsOf = (perSecond: number) =>
      new TokenBuckets(Math.max(1, perSecond), perSecond, nowMs)
    this.#rates = rates
    this.#buckets = { read: bucketsOf(rates.read), write: bucketsOf(rates.write) }
  }

  /** Counts a request. @throws MagnetoDBError `rate_exceeded` */
  take(projectId: string, access: keyof Rates): void {
    const perSecond = this.#rates[access]
    if (perSecond === 0) return
    const buckets = this.#buckets[access]
    const left = buckets.leftOf(projectId)
    if (left < 1) {
      const retryAfterSeconds = Math.ceil((1 - left) / perSecond)
      throw new MagnetoDBError({ is: 'rate_exceeded', perSecond, retryAfterSeconds })
    }
    buckets.take(projectId)
  }
}
