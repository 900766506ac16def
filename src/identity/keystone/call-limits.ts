import { TokenBuckets } from '../../admission/token-buckets.ts'
import { CallSlots } from './call-slots.ts'

/** Calls to Keystone, in flight and waiting, of all processes of a machine together. */
const CALLS_IN_FLIGHT_MAX = 32
const CALLS_WAITING_MAX = 256
/** Calls that one process may always have, even if there are many processes. */
const CALLS_IN_FLIGHT_MIN = 2
const CALLS_WAITING_MIN = 16
/** Part of the calls that one address may use, so that it cannot block the others if Keystone is
 * slow. */
const ADDRESS_SHARE = 1 / 2
/** Part of the calls for an address that has sent many invalid credentials. */
const SUSPECT_SHARE = 1 / 8
/** Invalid credentials of one address, at once and per second. An address with more is suspect. */
const FAILURES_MAX = 50
const FAILURES_PER_SECOND = 5

/** Limits the calls to Keystone about tokens and signatures together. */
export class CallLimits {
  readonly #slots: CallSlots
  readonly #failures: TokenBuckets

  /** @param processes of this machine */
  constructor(processes: number, nowMs: () => number) {
    this.#failures = new TokenBuckets(FAILURES_MAX, FAILURES_PER_SECOND, nowMs)
    const slots = Math.max(CALLS_IN_FLIGHT_MIN, Math.floor(CALLS_IN_FLIGHT_MAX / processes))
    const waiting = Math.max(CALLS_WAITING_MIN, Math.floor(CALLS_WAITING_MAX / processes))
    const part = (of: number, share: number) => Math.max(1, Math.floor(of * share))
    const usual = { slots: part(slots, ADDRESS_SHARE), waiting }
    const suspect = { slots: part(slots, SUSPECT_SHARE), waiting: part(waiting, SUSPECT_SHARE) }
    this.#slots = new CallSlots({
      slots,
      waitingMax: waiting,
      shareOf: (address) => (this.isSuspect(address) ? suspect : usual),
    })
  }

  /** @throws IdentityUnavailableError if too many calls wait, else whatever `call` throws */
  run<T>(address: string, call: () => Promise<T>): Promise<T> {
    return this.#slots.run(address, call)
  }

  /** Counts an invalid credential. */
  failed(address: string): void {
    this.#failures.take(address)
  }

  /** Whether an address has sent many invalid credentials lately. */
  isSuspect(address: string): boolean {
    return this.#failures.leftOf(address) < 1
  }
}
