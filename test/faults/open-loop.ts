import { setTimeout as delay } from 'node:timers/promises'
import { apiAddress } from '../support/api-address.ts'
import { Connection } from '../support/connection.ts'
import { ANYBODY, type Json } from '../support/http-client.ts'
import { requestText } from '../support/raw-http.ts'

const TICK_MS = 1
const POLL_MS = 10
/** Milliseconds after the end of the load, when requests without response count as unanswered. */
const GRACE_MS = 10_000

/** The result of one request. */
export interface Arrival {
  /** When it was due, in milliseconds since the load began. */
  readonly dueMs: number
  /** Counted from when the request was due, not from when a connection was free to send it. */
  readonly latencyMs: number
  /** 0 if unanswered. */
  readonly status: number
  readonly hasRetryAfter: boolean
}

export interface LoadPhase {
  readonly perSecond: number
  readonly seconds: number
}

/**
 * Sends a request repeatedly at a fixed rate, without waiting for earlier responses. So, unlike
 * clients that wait, it does not slow down with the service.
 */
export class OpenLoop {
  readonly #request: string
  readonly #connections: readonly Connection[]
  #free: Connection[] = []
  #since = 0
  #arrivals: Arrival[] = []
  /** When each request of this load is due. Those before `#sent` have been sent. */
  #due: number[] = []
  #sent = 0

  private constructor(request: string, connections: readonly Connection[]) {
    this.#request = request
    this.#connections = connections
    this.#free.push(...connections)
  }

  /** Opens a loop of POST requests by `ANYBODY`, with this number of kept connections. A request
   * waits if none is free. */
  static async open(
    port: number,
    path: string,
    body: Json,
    connections: number,
  ): Promise<OpenLoop> {
    const { target, headers: members } = apiAddress(path, ANYBODY)
    const headers = Object.entries(members).map(([name, value]) => `${name}: ${value}`)
    const asked = { method: 'POST', target, headers, body: JSON.stringify(body) }
    const opened = Array.from({ length: connections }, () => new Connection('127.0.0.1', port))
    await Promise.all(opened.map((connection) => connection.open()))
    return new OpenLoop(requestText(port, asked), opened)
  }

  /** Resolves when all phases are over, and all due requests are answered or given up. */
  async run(phases: readonly LoadPhase[]): Promise<readonly Arrival[]> {
    this.#begin()
    let beginMs = 0
    for (const { perSecond, seconds } of phases) {
      const endMs = beginMs + seconds * 1_000
      for (let dueMs = beginMs; dueMs < endMs; ) {
        const untilMs = Math.min(this.#elapsedMs, endMs)
        for (; dueMs < untilMs; dueMs += 1_000 / perSecond) this.#push(dueMs)
        await delay(TICK_MS)
      }
      beginMs = endMs
    }
    return this.#end()
  }

  /** Keeps this number of connections busy instead of sending at a rate. */
  async saturate(connections: number, seconds: number): Promise<readonly Arrival[]> {
    this.#begin()
    while (this.#elapsedMs < seconds * 1_000) {
      while (this.#due.length - this.#arrivals.length < connections) this.#push(this.#elapsedMs)
      await delay(0)
    }
    return this.#end()
  }

  /** Requests of the current load that have been answered. */
  get answered(): number {
    return this.#arrivals.length
  }

  close(): void {
    // Connections that end now must not send further requests.
    this.#sent = this.#due.length
    for (const connection of this.#connections) connection.close()
  }

  get #elapsedMs(): number {
    return performance.now() - this.#since
  }

  #begin(): void {
    this.#since = performance.now()
    this.#arrivals = []
    this.#due = []
    this.#sent = 0
  }

  async #end(): Promise<readonly Arrival[]> {
    const untilMs = this.#elapsedMs + GRACE_MS
    const unanswered = () => this.#due.length - this.#arrivals.length
    while (unanswered() > 0 && this.#elapsedMs < untilMs) await delay(POLL_MS)
    const missing = Array.from({ length: unanswered() }, () => UNANSWERED)
    return [...this.#arrivals, ...missing]
  }

  #push(dueMs: number): void {
    this.#due.push(dueMs)
    this.#sendNext()
  }

  #sendNext(): void {
    const dueMs = this.#due[this.#sent]
    if (dueMs === undefined) return
    const connection = this.#free.shift()
    if (!connection) return
    this.#sent++
    connection.send(this.#request, (status, _body, head) => {
      const hasRetryAfter = /\r\nretry-after: /i.test(head)
      this.#arrivals.push({ dueMs, latencyMs: this.#elapsedMs - dueMs, status, hasRetryAfter })
      // A broken connection is not replaced.
      if (status !== 0) this.#free.push(connection)
      this.#sendNext()
    })
  }
}

const UNANSWERED: Arrival = {
  ...{ dueMs: 0, latencyMs: Number.POSITIVE_INFINITY, status: 0, hasRetryAfter: false },
}
