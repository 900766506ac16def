import { IdentityUnavailableError } from '../errors.ts'
import type { CallLimits } from './call-limits.ts'
import type { OutageLog } from './log.ts'
import { UnansweredError } from './unanswered-error.ts'

/** Runs calls about tokens and signatures within the limits, and learns from their outcomes. */
export class KeystoneCalls {
  readonly #limits: CallLimits
  readonly #outages: OutageLog
  #answers = 0
  #isAway = false

  constructor(limits: CallLimits, outages: OutageLog) {
    this.#limits = limits
    this.#outages = outages
  }

  /** Whether Keystone left the latest call unanswered. Calls refused by the limits do not count. */
  get isAway(): boolean {
    return this.#isAway
  }

  /**
   * @param address the client's `addressGroup`
   * @param deadlineMs a time of `performance.now()`
   * @throws IdentityUnavailableError if too many calls wait, else whatever `call` throws
   */
  run<T>(address: string, deadlineMs: number, call: () => Promise<T>): Promise<T> {
    const answersBefore = this.#answers
    return this.#limits.run(address, async () => {
      // A long wait for a slot does not count as a failure of Keystone.
      if (performance.now() >= deadlineMs) throw new IdentityUnavailableError('waited too long')
      try {
        const answer = await call()
        this.#noteAnswer()
        this.#outages.succeeded()
        return answer
      } catch (error) {
        if (error instanceof IdentityUnavailableError) this.#outages.failed(error.message)
        if (!(error instanceof UnansweredError)) this.#noteAnswer()
        // If Keystone answered other calls in the meantime, it works, and this one may only have
        // waited too long.
        else if (this.#answers === answersBefore) this.#isAway = true
        throw error
      }
    })
  }

  #noteAnswer(): void {
    this.#answers++
    this.#isAway = false
  }
}
