import { setTimeout as delay } from 'node:timers/promises'
import { Connection } from '../../test/support/connection.ts'

export interface Load {
  readonly connections: number
  /** The maximum number of requests; with a rate, the exact number. */
  readonly requests: number
  /** Seconds in which requests may begin, if there is no rate. */
  readonly seconds: number
  /** Requests per second, at random moments, even if earlier ones have no answer yet. Absent: every
   * connection sends its next request as soon as it has an answer. */
  readonly rate?: number
}

export interface Outcome {
  readonly sent: number
  /** Number of requests with a status other than 200 or without an answer. */
  readonly failed: number
  /** The first failed answer, or a message that there was none. */
  readonly failure?: string
  /** Seconds from the first request to the last answer. */
  readonly seconds: number
  /** Sorted latencies of the successful requests, in milliseconds since the request was due. */
  readonly latencies: Float64Array
  /** Sorted milliseconds by which requests were sent late, for example because no connection was
   * free. */
  readonly lateness: Float64Array
}

/** Milliseconds after the end of a load for which answers are awaited. */
const ANSWER_LIMIT_MS = 30_000
/** Milliseconds within which timers are too coarse. */
const NEAR_MS = 3
const SHOWN_LENGTH = 300

/** Sends a load and measures it. With a rate, a latency counts from the scheduled time of the
 * request. So it includes the time for which the request waited because the server is slow or no
 * connection was free. */
export async function drive(
  url: string,
  request: (index: number) => string,
  load: Load,
): Promise<Outcome> {
  const { hostname, port } = new URL(url)
  const connections = Array.from(
    { length: load.connections },
    () => new Connection(hostname, Number(port)),
  )
  const driving = new Driving(connections, request, load)
  try {
    return await driving.outcome()
  } finally {
    for (const connection of connections) connection.close()
  }
}

class Driving {
  readonly #request: (index: number) => string
  readonly #load: Load
  readonly #idle: Connection[]
  readonly #latencies: number[] = []
  readonly #lateness: number[] = []
  readonly #startedAt = performance.now()
  #dueAt = this.#startedAt
  #isSleeping = false
  #isOver = false
  #sent = 0
  #answered = 0
  #failed = 0
  #failure: string | undefined
  #lastAt = this.#startedAt
  #finish = (): void => {}

  constructor(connections: readonly Connection[], request: (index: number) => string, load: Load) {
    this.#idle = [...connections]
    this.#request = request
    this.#load = load
  }

  async outcome(): Promise<Outcome> {
    const finished = new Promise<void>((resolve) => {
      this.#finish = resolve
    })
    this.#scheduleNext()
    this.#send()
    const limit = new AbortController()
    const limitMs = this.#load.seconds * 1_000 + ANSWER_LIMIT_MS
    await Promise.race([finished, delay(limitMs, undefined, { signal: limit.signal })])
    limit.abort()
    this.#isOver = true
    const lost = this.#sent - this.#answered
    const failure = this.#failure ?? (lost > 0 ? 'no answer in time' : undefined)
    return {
      sent: this.#sent,
      failed: this.#failed + lost,
      ...(failure === undefined ? {} : { failure }),
      seconds: (this.#lastAt - this.#startedAt) / 1_000,
      latencies: Float64Array.from(this.#latencies).sort(),
      lateness: Float64Array.from(this.#lateness).sort(),
    }
  }

  /** Sends due requests while connections are free. Schedules the next call for later ones. */
  #send(): void {
    const { rate } = this.#load
    for (let now = performance.now(); !this.#isDone(now); now = performance.now()) {
      if (rate !== undefined && this.#dueAt > now) {
        this.#sleep(this.#dueAt - now)
        return
      }
      const connection = this.#idle.pop()
      if (!connection) return
      const intendedAt = rate === undefined ? now : this.#dueAt
      this.#scheduleNext()
      this.#lateness.push(now - intendedAt)
      connection.send(this.#request(this.#sent++), (status, body) => {
        this.#idle.push(connection)
        this.#take(status, body, intendedAt)
      })
    }
  }

  #take(status: number, body: Buffer, intendedAt: number): void {
    this.#lastAt = performance.now()
    this.#answered++
    if (status === 200) this.#latencies.push(this.#lastAt - intendedAt)
    else {
      this.#failed++
      this.#failure ??= status === 0 ? 'no answer' : body.toString().slice(0, SHOWN_LENGTH)
    }
    if (this.#isDone(this.#lastAt) && this.#answered === this.#sent) this.#finish()
    else if (!this.#isSleeping) this.#send()
  }

  #scheduleNext(): void {
    const { rate } = this.#load
    if (rate !== undefined) this.#dueAt += (-Math.log(1 - Math.random()) / rate) * 1_000
  }

  #sleep(milliseconds: number): void {
    this.#isSleeping = true
    const wake = (): void => {
      this.#isSleeping = false
      this.#send()
    }
    if (milliseconds > NEAR_MS) setTimeout(wake, milliseconds - NEAR_MS + 1)
    else setImmediate(wake)
  }

  #isDone(now: number): boolean {
    const { requests, rate, seconds } = this.#load
    const isTimeOver = rate === undefined && now - this.#startedAt >= seconds * 1_000
    return this.#isOver || isTimeOver || this.#sent === requests
  }
}
