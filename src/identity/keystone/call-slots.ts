import { IdentityUnavailableError } from '../errors.ts'

/** What one address may use. */
export interface Share {
  readonly slots: number
  readonly waiting: number
}

export interface CallSlotsOptions {
  readonly slots: number
  readonly waitingMax: number
  /** Called for each request. Default: everything. */
  shareOf?(address: string): Share
}

interface Waiter {
  start(): void
  refuse(error: Error): void
}

/**
 * Limits the calls in flight, and the number of those that wait. Addresses take turns, and within
 * an address the first comes first, so many calls of one do not delay another. When the queue is
 * full, the address with most entries gives up its newest.
 */
export class CallSlots {
  readonly #options: CallSlotsOptions
  #free: number
  readonly #running = new Map<string, number>()
  /** In the order of turns. */
  readonly #waiting = new Map<string, Waiter[]>()
  #waitingCount = 0

  constructor(options: CallSlotsOptions) {
    this.#options = options
    this.#free = options.slots
  }

  /** @throws IdentityUnavailableError if too many calls wait, else whatever `call` throws */
  async run<T>(address: string, call: () => Promise<T>): Promise<T> {
    if (this.#free > 0 && this.#mayRun(address)) this.#begin(address)
    else await this.#turn(address)
    try {
      return await call()
    } finally {
      this.#end(address)
    }
  }

  #shareOf(address: string): Share {
    const { slots, waitingMax, shareOf } = this.#options
    return shareOf?.(address) ?? { slots, waiting: waitingMax }
  }

  #mayRun(address: string): boolean {
    return (this.#running.get(address) ?? 0) < this.#shareOf(address).slots
  }

  #begin(address: string): void {
    this.#free--
    this.#running.set(address, (this.#running.get(address) ?? 0) + 1)
  }

  #end(address: string): void {
    this.#free++
    const left = (this.#running.get(address) ?? 1) - 1
    if (left > 0) this.#running.set(address, left)
    else this.#running.delete(address)
    while (this.#free > 0 && this.#startNext());
  }

  /** Returns whether a call was started. */
  #startNext(): boolean {
    for (const [address, waiters] of this.#waiting) {
      if (!this.#mayRun(address)) continue
      const next = waiters.shift()
      this.#waitingCount--
      this.#waiting.delete(address)
      if (waiters.length > 0) this.#waiting.set(address, waiters)
      this.#begin(address)
      next?.start()
      return true
    }
    return false
  }

  #turn(address: string): Promise<void> {
    const waiters = this.#waiting.get(address) ?? []
    if (waiters.length >= this.#shareOf(address).waiting) throw tooManyWait()
    if (this.#waitingCount >= this.#options.waitingMax) this.#displace(waiters.length)
    return new Promise((start, refuse) => {
      waiters.push({ start, refuse })
      this.#waiting.set(address, waiters)
      this.#waitingCount++
    })
  }

  /** Makes room for an address with `ownCount` entries, unless no other has clearly more. */
  #displace(ownCount: number): void {
    let longest: Waiter[] = []
    for (const waiters of this.#waiting.values()) {
      if (waiters.length > longest.length) longest = waiters
    }
    if (longest.length <= ownCount + 1) throw tooManyWait()
    longest.pop()?.refuse(tooManyWait())
    this.#waitingCount--
  }
}

function tooManyWait(): IdentityUnavailableError {
  return new IdentityUnavailableError('too many tokens wait to be validated')
}
