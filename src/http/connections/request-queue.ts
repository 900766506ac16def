import { ShareQueue } from '../../admission/share-queue.ts'
import { BeginRate } from './begin-rate.ts'

/** Wall-clock time for which a turn of the event loop begins requests, in milliseconds. The next
 * requests follow in the next turn: the loop accepts one connection a turn. */
const TURN_MS_MAX = 5
/** CPU time that the waiting requests together may need, in milliseconds. More are refused. */
export const WORK_AHEAD_CPU_MS_MAX = 1_000
/** Time to begin requests per refusal, in milliseconds: three times the cost of a refusal, so that
 * most of the time is left for requests however many are refused. */
const WORK_MS_PER_REFUSAL = 0.06
/** Requests that a turn can begin after an idle one. Any other can begin this many and twice as
 * many as the turn before. */
const STEPS_MIN = 8

/** A request that waits for its turn. */
export interface WaitingRequest {
  /** Requests of different shares take turns. */
  readonly share: string
  /** Whether its connection has ended, so that nobody waits for the answer. */
  isGone(): boolean
  serve(): void
}

/** Clocks in milliseconds, of which only differences count. */
export interface Clocks {
  wallMs(): number
  /** CPU time that this process has used, with all its threads. */
  cpuMs(): number
}

const CLOCKS: Clocks = {
  wallMs: () => performance.now(),
  cpuMs() {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1_000
  },
}

/**
 * Begins requests in the order in which they come, at once while there is time for them. The others
 * wait, and shares take turns. A request is refused when it comes or never: when those that wait
 * need more CPU time than this process can spend on them while callers wait, and its own share has
 * its part of them. Time without a CPU does not count, as no answer would come sooner for a refusal
 * then.
 */
export class RequestQueue {
  readonly #clocks: Clocks
  readonly #waiting = new ShareQueue<WaitingRequest>()
  readonly #rate = new BeginRate()
  /** Immediates that are still to come in this turn, and those that are set for the next. */
  #steps = 0
  #stepsNext = 0
  #workUntil = 0
  #refused = 0
  /** Requests begun in this turn. */
  #begun = 0
  /** CPU time at the start of this turn if requests waited then: only such turns are measured. */
  #cpuMsBefore: number | undefined

  constructor(clocks: Clocks = CLOCKS) {
    this.#clocks = clocks
  }

  /**
   * Decides about a request that has just arrived. A process that drains refuses none, because it
   * has accepted all connections on which requests still arrive.
   *
   * @param shareOf the request's share, asked for only if the queue is full
   */
  admit(shareOf: () => string, isDraining = false): 'serve' | 'wait' | 'refuse' {
    const now = this.#clocks.wallMs()
    if (this.#stepsNext === 0) {
      this.#workUntil = now + TURN_MS_MAX
      this.#stepLater()
    }
    if (this.#waiting.size === 0 && now <= this.#workUntil) {
      this.#begun++
      return 'serve'
    }
    const waitingMax = WORK_AHEAD_CPU_MS_MAX * this.#rate.perCpuMs
    if (isDraining || this.#waiting.size < waitingMax) return 'wait'
    if (this.#hasPlace(shareOf(), waitingMax)) return 'wait'
    this.#refused++
    return 'refuse'
  }

  /** Whether a share has less than its part of a full queue: others have filled it. */
  #hasPlace(share: string, waitingMax: number): boolean {
    const waiting = this.#waiting.waitingOf(share)
    const shares = this.#waiting.shares + (waiting === 0 ? 1 : 0)
    return waiting < waitingMax / shares
  }

  /** The request is served in a later turn, or forgotten when it is gone by then. */
  wait(request: WaitingRequest): void {
    this.#waiting.push(request.share, request)
  }

  /** Begins one request per callback, so that Node runs its microtasks before the next. */
  #stepLater(): void {
    this.#stepsNext++
    setImmediate(() => this.#step())
  }

  #step(): void {
    if (this.#steps === 0) this.#beginTurn()
    this.#steps--
    if (this.#clocks.wallMs() <= this.#workUntil) this.#serveNext()
    if (this.#steps > 0) return
    const steps = Math.min(STEPS_MIN + 2 * this.#begun, this.#waiting.size)
    while (this.#stepsNext < steps) this.#stepLater()
  }

  #beginTurn(): void {
    this.#steps = this.#stepsNext
    this.#stepsNext = 0
    this.#measure()
    const workMsMax = Math.max(TURN_MS_MAX, this.#refused * WORK_MS_PER_REFUSAL)
    this.#refused = 0
    this.#workUntil = this.#clocks.wallMs() + workMsMax
  }

  /** Adds the turn that ends here. A turn without a queue is not measured: the loop may sleep. */
  #measure(): void {
    const cpuMs = this.#waiting.size > 0 ? this.#clocks.cpuMs() : undefined
    if (cpuMs !== undefined && this.#cpuMsBefore !== undefined) {
      this.#rate.add(this.#begun, cpuMs - this.#cpuMsBefore)
    }
    this.#cpuMsBefore = cpuMs
    this.#begun = 0
  }

  #serveNext(): void {
    let next = this.#waiting.take()
    while (next?.isGone()) next = this.#waiting.take()
    if (!next) return
    this.#begun++
    next.serve()
  }
}
