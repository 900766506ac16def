import type { IncomingMessage, ServerResponse } from 'node:http'
import type { RequestContext } from '../identity/request-context.ts'
import type { AnswerFigures, ObservedRequest } from '../operations/execute.ts'
import type { LogContext } from '../telemetry/logger.ts'
import { endWithTurn } from './connections/flush-per-tick.ts'
import { newRequestId, REQUEST_ID_HEADER } from './request-id.ts'

/** Whether the process is about to end, so that connections end with their next answer. */
export interface Lifecycle {
  draining: boolean
}

export interface Answer {
  readonly status: number
  readonly contentType: string
  readonly body: string
  readonly headers?: Readonly<Record<string, string>> | undefined
}

export const JSON_TYPE = 'application/json'
export const TEXT_TYPE = 'text/plain; charset=UTF-8'

/** The rest of a refused request's body is read and thrown away up to this size, so that the
 * connection can be used again. */
const DISCARDED_BODY_BYTES_MAX = 64 * 1024
const LINGER_MS = 2_000

/**
 * One request and its answer on Node's own objects. Answered exactly once, by whoever calls
 * `send`.
 */
export class Exchange implements ObservedRequest {
  readonly requestId = newRequestId()
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  /** Once it is known who calls. */
  context: RequestContext | undefined
  /** What logs call the wire; empty where there is no operation. */
  wire = ''
  /** Bytes of the bodies so far. */
  bytesIn = 0
  bytesOut = 0
  readonly #lifecycle: Lifecycle
  #isBodyAskedFor = false

  constructor(incoming: IncomingMessage, outgoing: ServerResponse, lifecycle: Lifecycle) {
    this.incoming = incoming
    this.outgoing = outgoing
    this.#lifecycle = lifecycle
  }

  /** What a line of the log says of this request. */
  get logContext(): LogContext {
    return this.context ?? { requestId: this.requestId }
  }

  /** Calls back with the figures of the answer once it is written, or its caller gone. */
  whenAnswered(listener: (answer: AnswerFigures) => void): void {
    const { outgoing } = this
    const tell = (): void => {
      const status = outgoing.headersSent ? outgoing.statusCode : undefined
      listener({ status, bytesIn: this.bytesIn, bytesOut: this.bytesOut })
    }
    if (outgoing.closed) tell()
    else outgoing.once('close', tell)
  }

  /** Tells a caller who waits for `100 Continue` to send the body. */
  askForBody(): void {
    this.#isBodyAskedFor = true
    if (this.incoming.headers.expect !== undefined) this.outgoing.writeContinue()
  }

  send({ status, contentType, body, headers }: Answer): void {
    const { outgoing } = this
    const rest = this.#restOfBody()
    if (this.#lifecycle.draining || rest !== 'small') outgoing.shouldKeepAlive = false
    const fields = ['Content-Type', contentType, REQUEST_ID_HEADER, this.requestId]
    const length = Buffer.byteLength(body)
    if (status !== NO_CONTENT) fields.push('Content-Length', `${length}`)
    if (headers) for (const name of Object.keys(headers)) fields.push(name, headers[name] ?? '')
    outgoing.writeHead(status, fields)
    this.bytesOut = length
    if (rest === 'large') this.#sendBeforeBody(body)
    else endWithTurn(outgoing, body)
  }

  /**
   * Answers a caller that is still sending. Were the connection closed at once, its system would
   * drop the answer unread; so what comes is thrown away for a while.
   */
  #sendBeforeBody(body: string): void {
    const { incoming, outgoing } = this
    const end = () => outgoing.end()
    const timer = setTimeout(end, LINGER_MS)
    outgoing.on('close', () => clearTimeout(timer))
    outgoing.write(body)
    incoming.on('end', end)
    incoming.resume()
  }

  /**
   * What is left of the request's body. `small`: nothing, or so little that reading it is cheaper
   * than a new connection. `unsent`: the caller waits for `100 Continue` and may never send it.
   */
  #restOfBody(): 'small' | 'large' | 'unsent' {
    const { complete, headers } = this.incoming
    if (complete) return 'small'
    if (headers.expect !== undefined && !this.#isBodyAskedFor) return 'unsent'
    if (headers['transfer-encoding'] !== undefined) return 'large'
    const isSmall = Number(headers['content-length'] ?? 0) <= DISCARDED_BODY_BYTES_MAX
    return isSmall ? 'small' : 'large'
  }
}

const NO_CONTENT = 204
