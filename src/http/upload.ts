import { setImmediate as turn } from 'node:timers/promises'
import type { WireUpload } from '../dialect/wire.ts'
import { MagnetoDBError } from '../model/errors.ts'
import { BodyTimeoutError, CallerGoneError } from './body.ts'
import type { Exchange, Lifecycle } from './exchange.ts'

/** Seconds without data while the service waits for a client, after which its connection is
 * closed. */
export const UPLOAD_IDLE_SECONDS_MAX = 30
/** Seconds within which an upload must end, since it is authorized only at its start. */
export const UPLOAD_TOTAL_SECONDS_MAX = 3_600
/** Seconds that an upload has left when the process drains; less than a drain lasts. */
export const UPLOAD_DRAIN_SECONDS_MAX = 20
/** Half of the promised interval of progress lines. */
const TICK_MS = 500

export const LINES_TYPE = 'application/x-ndjson'

export const UPLOAD_TIMES = {
  idleSecondsMax: UPLOAD_IDLE_SECONDS_MAX,
  totalSecondsMax: UPLOAD_TOTAL_SECONDS_MAX,
  drainSecondsMax: UPLOAD_DRAIN_SECONDS_MAX,
}
export type UploadTimes = Readonly<typeof UPLOAD_TIMES>

/** A body of any size that is processed as it arrives, and its answer, which may start earlier. */
export class Upload implements WireUpload {
  readonly #exchange: Exchange
  readonly #lifecycle: Lifecycle
  readonly #times: UploadTimes
  readonly #timer: NodeJS.Timeout
  readonly #startedAt = performance.now()
  #waitingSince = Number.POSITIVE_INFINITY
  #drainingSince = Number.POSITIVE_INFINITY
  #cutOff: Error | undefined
  #wake = (): void => {}
  #isShowing = false
  #progress: string | undefined

  constructor(exchange: Exchange, lifecycle: Lifecycle, times: UploadTimes = UPLOAD_TIMES) {
    this.#exchange = exchange
    this.#lifecycle = lifecycle
    this.#times = times
    this.#timer = setInterval(() => this.#tick(), TICK_MS)
  }

  /**
   * The body as it arrives. Reads from the connection only on demand, so the client has to wait.
   *
   * @throws MagnetoDBError `service_ending`, BodyTimeoutError or CallerGoneError
   */
  async *chunks(): AsyncGenerator<Buffer> {
    const { stream } = this.#exchange
    this.#exchange.askForBody()
    const wake = (): void => this.#wake()
    for (const event of WAKING_EVENTS) stream.on(event, wake)
    try {
      for (;;) {
        const chunk: Buffer | null = stream.read()
        if (this.#cutOff) throw this.#cutOff
        if (chunk) {
          this.#exchange.bytesIn += chunk.length
          yield chunk
          // The system may have many chunks ready, and each many lines.
          await turn()
        } else if (stream.readableEnded) return
        else if (stream.destroyed) throw new CallerGoneError()
        else await this.#more()
      }
    } finally {
      for (const event of WAKING_EVENTS) stream.off(event, wake)
      // Lets Node process the state of the stream, so that the rest can be discarded.
      await turn()
    }
  }

  showProgress(): void {
    this.#isShowing = true
  }

  report(line: string): void {
    this.#progress = line
  }

  get progress(): string | undefined {
    return this.#progress
  }

  finish(body: string): void {
    if (!this.#isShowing) {
      const { contentType } = this.#exchange.wire
      this.#exchange.send({ status: 200, contentType, body })
      return
    }
    this.#exchange.begin(LINES_TYPE)
    this.#exchange.end(`${body}\n`)
  }

  close(): void {
    clearInterval(this.#timer)
  }

  #more(): Promise<void> {
    this.#waitingSince = performance.now()
    return new Promise((resolve) => {
      this.#wake = () => {
        this.#waitingSince = Number.POSITIVE_INFINITY
        this.#wake = () => {}
        resolve()
      }
    })
  }

  #tick(): void {
    this.#cutOff ??= this.#reasonToCut()
    if (this.#cutOff) this.#wake()
    if (!this.#isShowing || this.#progress === undefined || this.#exchange.isBehind) return
    this.#exchange.begin(LINES_TYPE)
    this.#exchange.write(`${this.#progress}\n`)
  }

  #reasonToCut(): Error | undefined {
    const now = performance.now()
    const { idleSecondsMax, totalSecondsMax, drainSecondsMax } = this.#times
    if (this.#lifecycle.draining && this.#drainingSince > now) this.#drainingSince = now
    if (now - this.#drainingSince > drainSecondsMax * 1_000) {
      return new MagnetoDBError({ is: 'service_ending' })
    }
    const isIdle = now - this.#waitingSince > idleSecondsMax * 1_000
    const isLong = now - this.#startedAt > totalSecondsMax * 1_000
    return isIdle || isLong ? new BodyTimeoutError() : undefined
  }
}

/** Events that wake the reader. `error` needs a listener; `close` always follows it. */
const WAKING_EVENTS = ['readable', 'end', 'close', 'error'] as const
