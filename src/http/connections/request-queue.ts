import { ShareQueue } from '../../admission/share-queue.ts'
import { BeginRate } from './begin-rate.ts'

/** Milliseconds for which a turn of the event loop begins requests. The rest follow in the next
 * turn, since the loop accepts one connection per turn. */
const TURN_MS_MAX = 5
/** Milliseconds of CPU time that the waiting requests may need. More are refused. */
export const WORK_AHEAD_CPU_MS_MAX = 1_000
/** Milliseconds for beginning requests per refusal. That is three times the cost of a refusal, so
 * most of the time is left for requests, however many are refused. */
const WORK_MS_PER_REFUSAL = 0.06
/** Requests begun in a turn at most, plus twice as many as in the turn before. */
const STEPS_MIN = 8

export interface WaitingRequest {
  /** Shares take turns. */
  readonly share: string
  /** Whether its connection has ended. */
  isGone(): boolean
  serve(): void
}

/** Clocks in milliseconds. Only differences count. */
export interface Clocks {
  wallMs(): number
  /** CPU time used by all threads of this process. */
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
 * Begins requests in the order of arrival, at once while there is time. Others wait, and shares
 * take turns. Load shedding happens on arrival: a request is refused if the waiting ones need more
 * CPU time than this process can spend while clients wait, and its own share has its part of them.
 * Time without a CPU does not count, since refusing would not make answers faster.
 */
export class RequestQueue {
  readonly #clocks: Clocks
  readonly #waiting = new ShareQueue<WaitingRequest>()
  readonly #rate = new BeginRate()
  /** Immediates left in this turn, and those set for the next. */
  #steps = 0
  #stepsNext = 0
  #workUntil = 0
  #refused = 0
  /** Requests begun in this turn. */
  #begun = 0
  /** Whether requests still waited when this turn's time was over. */
  #isFull = false
  /** CPU time at the start of this turn. Undefined if the turn before was not busy. The rate may be
   * old then, so no request is refused. */
  #cpuMsBefore: number | undefined

  constructor(clocks: Clocks = CLOCKS) {
    this.#clocks = clocks
  }

  /**
   * Decides on a new request. A draining process refuses none, since it has accepted all
   * connections on which requests still arrive.
   *
   * @param shareOf the request's share; called only if the queue is full
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
    const mayRateBeOld = this.#cpuMsBefore === undefined
    if (isDraining || mayRateBeOld || this.#waiting.size < waitingMax) return 'wait'
    if (this.#hasPlace(shareOf(), waitingMax)) return 'wait'
    this.#refused++
    return 'refuse'
  }

  /** Whether a share has less than its part of a full queue. */
  #hasPlace(share: string, waitingMax: number): boolean {
    const waiting = this.#waiting.waitingOf(share)
    const shares = this.#waiting.shares + (waiting === 0 ? 1 : 0)
    return waiting < waitingMax / shares
  }

  /** Serves the request in a later turn, unless it is gone by then. */
  wait(request: WaitingRequest): void {
    this.#waiting.push(request.share, request)
  }

  /** One request per callback, so that Node runs its microtasks before the next. */
  #stepLater(): void {
    this.#stepsNext++
    setImmediate(() => this.#step())
  }

  #step(): void {
    if (this.#steps === 0) this.#beginTurn()
    this.#steps--
    if (this.#clocks.wallMs() <= this.#workUntil) this.#serveNext()
    else this.#isFull = this.#waiting.size > 0
    if (this.#steps > 0) return
    const steps = Math.min(STEPS_MIN + 2 * this.#begun, this.#waiting.size)
    while (this.#stepsNext < steps) this.#stepLater()
    if (this.#stepsNext === 0) this.#measureLast()
  }

  #beginTurn(): void {
    this.#steps = this.#stepsNext
    this.#stepsNext = 0
    this.#measure()
    const workMsMax = Math.max(TURN_MS_MAX, this.#refused * WORK_MS_PER_REFUSAL)
    this.#refused = 0
    this.#workUntil = this.#clocks.wallMs() + workMsMax
  }

  /** Measures the turn that ends here, if it and the one before were busy: full, or with refusals.
   * Other turns show how many requests came, not how many the process can begin. */
  #measure(): void {
    const isBusy = this.#isFull || this.#refused > 0
    const cpuMs = isBusy ? this.#clocks.cpuMs() : undefined
    if (cpuMs !== undefined && this.#cpuMsBefore !== undefined) {
      this.#rate.add(this.#begun, cpuMs - this.#cpuMsBefore)
    }
    this.#cpuMsBefore = cpuMs
    this.#begun = 0
    this.#isFull = false
  }

  /** Measures the last turn of a run of busy ones when no request waits any longer. Later the loop
   * may sleep, or work for other requests. */
  #measureLast(): void {
    if (this.#cpuMsBefore === undefined) return
    this.#rate.add(this.#begun, this.#clocks.cpuMs() - this.#cpuMsBefore)
    this.#cpuMsBefore = undefined
  }

  #serveNext(): void {
    let next = this.#waiting.take()
    while (next?.isGone()) next = this.#waiting.take()
    if (!next) return
    this.#begun++
    next.serve()
  }
}
