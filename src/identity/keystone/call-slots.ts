import { ShareAmounts } from '../../admission/share-amounts.ts'
import { ShareQueue } from '../../admission/share-queue.ts'
import { IdentityUnavailableError } from '../errors.ts'

/** The slots and waiting places that one address may use. */
export interface Share {
  readonly slots: number
  readonly waiting: number
}

export interface CallSlotsOptions {
  readonly slots: number
  readonly waitingMax: number
  /** Called for each request. Default: all slots and places. */
  shareOf?(address: string): Share
}

interface Waiter {
  start(): void
  refuse(error: Error): void
}

/** Limits the calls in flight, and the number of waiting calls. Addresses take turns, and the calls
 * of one address run in the order of arrival, so many calls from one address do not delay another.
 * When the queue is full, the address with the most waiting calls loses its newest. */
export class CallSlots {
  readonly #options: CallSlotsOptions
  #free: number
  readonly #running = new ShareAmounts()
  readonly #waiting = new ShareQueue<Waiter>()

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
    return this.#running.of(address) < this.#shareOf(address).slots
  }

  #begin(address: string): void {
    this.#free--
    this.#running.add(address, 1)
  }

  #end(address: string): void {
    this.#free++
    this.#running.add(address, -1)
    while (this.#free > 0) {
      const next = this.#waiting.take((share) => this.#mayRun(share))
      if (next === undefined) return
      next.start()
    }
  }

  #turn(address: string): Promise<void> {
    const waiting = this.#waiting.waitingOf(address)
    if (waiting >= this.#shareOf(address).waiting) throw tooManyWait()
    // Evicts a call of an address with clearly more waiting calls.
    if (this.#waiting.size >= this.#options.waitingMax) {
      const displaced = this.#waiting.popLongest(waiting + 1)
      if (displaced === undefined) throw tooManyWait()
      displaced.refuse(tooManyWait())
    }
    return new Promise((resolve, refuse) => {
      const start = () => {
        this.#begin(address)
        resolve()
      }
      this.#waiting.push(address, { start, refuse })
    })
  }
}

function tooManyWait(): IdentityUnavailableError {
  return new IdentityUnavailableError('too many tokens wait to be validated')
}
