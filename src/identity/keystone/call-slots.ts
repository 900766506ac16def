import { IdentityUnavailableError } from '../errors.ts'

/**
 * Bounds the calls in flight; a bounded number of others wait their turn, first come first served.
 * Beyond that, and for who waited too long, the answer is that identity is unavailable.
 */
export class CallSlots {
  readonly #waiting: (() => void)[] = []
  #free: number
  readonly #waitingMax: number

  constructor(options: { slots: number; waitingMax: number }) {
    this.#free = options.slots
    this.#waitingMax = options.waitingMax
  }

  /** @throws IdentityUnavailableError when too many wait already, else whatever `call` throws */
  async run<T>(call: () => Promise<T>): Promise<T> {
    if (this.#free > 0) this.#free--
    else await this.#turn()
    try {
      return await call()
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#free++
      else next()
    }
  }

  #turn(): Promise<void> {
    if (this.#waiting.length >= this.#waitingMax) {
      throw new IdentityUnavailableError('too many tokens wait for their validation')
    }
    return new Promise((resolve) => this.#waiting.push(resolve))
  }
}
