/** In one turn of the event loop requests are begun for so long; the next go on after it has looked
 * for what has come meanwhile, new connections too: it accepts one a turn. */
const TURN_MS_MAX = 5
/** There is too much to do when requests have waited for so long, and that all the time for a
 * while: one slow request makes others wait as well. Then those are refused, and others that come,
 * until none has been for a while. */
const WAIT_MS_MAX = 50
const WHILE_MS = 300
/** Three times what a refusal costs: however many come, most of the time is left to be of use. */
const WORK_MS_PER_REFUSAL = 0.06
/** A turn can begin so many and twice as many as the one before; more do not wait for it while
 * there is too much to do. */
const STEPS_MIN = 8

/** A request that waits for its turn. */
export interface WaitingRequest {
  /** Nobody waits for the answer any more. */
  isGone(): boolean
  serve(): void
  refuse(): void
}

/**
 * Requests are begun in the order in which they come, at once while there is time for them. When
 * they come faster than they can be worked off, most of them are refused early: else they would
 * wait until their callers have given up, and all work on them would be wasted.
 */
export class RequestQueue {
  /** The oldest first. */
  readonly #waiting: Waiting[] = []
  /** Immediates that are still to come in this turn, and that are set for the next. */
  #steps = 0
  #stepsNext = 0
  #stepsMax = STEPS_MIN
  /** In this turn. */
  #served = 0
  #refused = 0
  #workUntil = 0
  #isOverloaded = false
  /** Since when, in every turn, some request has waited for too long. */
  #longWaitsSince = Number.POSITIVE_INFINITY
  #refusedAt = Number.NEGATIVE_INFINITY

  /** What is to be done with a request that has just come. */
  admit(): 'serve' | 'wait' | 'refuse' {
    const now = performance.now()
    if (this.#stepsNext === 0) {
      this.#workUntil = now + TURN_MS_MAX
      this.#stepLater()
    }
    if (this.#waiting.length === 0 && now <= this.#workUntil) return 'serve'
    if (!this.#isOverloaded || this.#waiting.length < this.#stepsMax) return 'wait'
    this.#refused++
    return 'refuse'
  }

  /** It is served, refused or, when it is gone by then, forgotten in a later turn. */
  wait(request: WaitingRequest): void {
    this.#waiting.push({ request, since: performance.now() })
  }

  /** Requests are begun in a callback each: Node then does all that one entails before the next. */
  #stepLater(): void {
    this.#stepsNext++
    setImmediate(() => this.#step())
  }

  #step(): void {
    if (this.#steps === 0) this.#beginTurn()
    this.#steps--
    if (performance.now() <= this.#workUntil) this.#serveNext()
    if (this.#steps > 0) return
    this.#stepsMax = STEPS_MIN + 2 * this.#served
    const steps = Math.min(this.#stepsMax, this.#waiting.length)
    // The next turn may be a long time off, and is no part of this while.
    if (steps === 0) this.#longWaitsSince = Infinity
    while (this.#stepsNext < steps) this.#stepLater()
  }

  #beginTurn(): void {
    this.#steps = this.#stepsNext
    this.#stepsNext = 0
    this.#served = 0
    const now = performance.now()
    const [oldest] = this.#waiting
    const isWaitLong = oldest !== undefined && now - oldest.since > WAIT_MS_MAX
    this.#longWaitsSince = isWaitLong ? Math.min(this.#longWaitsSince, now) : Infinity
    if (now - this.#longWaitsSince > WHILE_MS) this.#isOverloaded = true
    if (this.#isOverloaded) this.#refuseOlder(now - WAIT_MS_MAX)
    if (this.#refused > 0) this.#refusedAt = now
    if (now - this.#refusedAt > WHILE_MS) this.#isOverloaded = false
    const workMsMax = Math.max(TURN_MS_MAX, this.#refused * WORK_MS_PER_REFUSAL)
    this.#refused = 0
    this.#workUntil = performance.now() + workMsMax
  }

  #refuseOlder(thanSince: number): void {
    const young = this.#waiting.findIndex(({ since }) => since >= thanSince)
    const old = this.#waiting.splice(0, young === -1 ? this.#waiting.length : young)
    for (const { request } of old) {
      if (request.isGone()) continue
      this.#refused++
      request.refuse()
    }
  }

  #serveNext(): void {
    const next = this.#waiting.shift()
    if (!next) return
    this.#served++
    if (!next.request.isGone()) next.request.serve()
  }
}

interface Waiting {
  readonly request: WaitingRequest
  readonly since: number
}
