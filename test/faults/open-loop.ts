import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { ANYBODY, type Json } from '../support/http-client.ts'
import { requestText } from '../support/raw-http.ts'

const TICK_MS = 1
const POLL_MS = 10
/** What is not answered so long after the load's end counts as unanswered. */
const GRACE_MS = 10_000

/** What became of one request. */
export interface Arrival {
  /** When it was due, in milliseconds since the load began. */
  readonly dueMs: number
  /** From when it was due, not from when a connection was free to send it. */
  readonly latencyMs: number
  /** 0: unanswered. */
  readonly status: number
  readonly hasRetryAfter: boolean
}

export interface LoadPhase {
  readonly perSecond: number
  readonly seconds: number
}

/**
 * Sends a request over and over, at a rate of its own, whatever has become of those before: unlike
 * callers who wait for their answers, it does not slow down together with the service.
 */
export class OpenLoop {
  readonly #request: Buffer
  readonly #connections: readonly Connection[]
  #free: Connection[] = []
  #since = 0
  #arrivals: Arrival[] = []
  /** Of all requests of this load; those before `#sent` have been sent. */
  #due: number[] = []
  #sent = 0

  private constructor(request: Buffer, connections: readonly Connection[]) {
    this.#request = request
    this.#connections = connections
    this.#free.push(...connections)
    for (const connection of connections) {
      connection.onAnswer = (answer) => this.#answered(connection, answer)
    }
  }

  /** Anybody's POST to a path below the project's own, on so many connections, which it keeps: a
   * request that finds none free waits for one. */
  static async open(
    port: number,
    path: string,
    body: Json,
    connections: number,
  ): Promise<OpenLoop> {
    const { token, projectId } = ANYBODY
    const headers = [`X-Auth-Token: ${token}`, 'Content-Type: application/json']
    const target = `/v1/data/${projectId}/${path}`
    const asked = { method: 'POST', target, headers, body: JSON.stringify(body) }
    const request = Buffer.from(requestText(port, asked))
    const opened = Array.from({ length: connections }, () => new Connection(port))
    await Promise.all(opened.map((connection) => connection.opened))
    return new OpenLoop(request, opened)
  }

  /** Resolves when all phases are over and what was due is answered, or will not be. */
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

  /** Keeps so many connections busy instead. */
  async saturate(connections: number, seconds: number): Promise<readonly Arrival[]> {
    this.#begin()
    while (this.#elapsedMs < seconds * 1_000) {
      while (this.#due.length - this.#arrivals.length < connections) this.#push(this.#elapsedMs)
      await delay(0)
    }
    return this.#end()
  }

  /** Requests of the load under way that have their answer. */
  get answered(): number {
    return this.#arrivals.length
  }

  close(): void {
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
    connection.send(this.#request, dueMs)
  }

  #answered(connection: Connection, answer: Answer): void {
    const { dueMs } = connection
    this.#arrivals.push({ dueMs, latencyMs: this.#elapsedMs - dueMs, ...answer })
    if (answer.status !== 0) this.#free.push(connection)
    this.#sendNext()
  }
}

type Answer = Pick<Arrival, 'status' | 'hasRetryAfter'>

const BROKEN: Answer = { status: 0, hasRetryAfter: false }
const UNANSWERED: Arrival = { ...BROKEN, dueMs: 0, latencyMs: Number.POSITIVE_INFINITY }

/** One request at a time; not made anew when it breaks. */
class Connection {
  readonly opened: Promise<unknown>
  onAnswer = (_answer: Answer): void => {}
  dueMs = 0
  readonly #socket: Socket
  #isBusy = false
  #text = ''

  constructor(port: number) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.opened = once(this.#socket, 'connect')
    this.#socket.setEncoding('latin1')
    this.#socket.on('data', (text: string) => this.#take(text))
    // Always followed by `close`.
    this.#socket.on('error', () => {})
    this.#socket.on('close', () => {
      if (this.#isBusy) this.#finish(BROKEN)
    })
  }

  send(request: Buffer, dueMs: number): void {
    this.dueMs = dueMs
    this.#isBusy = true
    this.#socket.write(request)
    if (this.#socket.destroyed) this.#finish(BROKEN)
  }

  close(): void {
    this.#socket.destroy()
  }

  #take(text: string): void {
    this.#text += text
    const end = this.#text.indexOf('\r\n\r\n')
    if (end === -1) return
    const head = this.#text.slice(0, end)
    const [, length = '0'] = /\r\ncontent-length: (\d+)/i.exec(head) ?? []
    if (this.#text.length < end + 4 + Number(length)) return
    this.#text = ''
    const hasRetryAfter = /\r\nretry-after: /i.test(head)
    this.#finish({ status: Number(head.slice(9, 12)), hasRetryAfter })
  }

  #finish(answer: Answer): void {
    this.#isBusy = false
    this.onAnswer(answer)
  }
}
