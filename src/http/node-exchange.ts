import type { IncomingMessage, ServerResponse } from 'node:http'
import { type Answer, type Wire, wireOf } from '../dialect/wire.ts'
import type { AnswerFigures } from '../operations/execute.ts'
import type { FlushPerTick } from './connections/flush-per-tick.ts'
import { Exchange, type ExchangeParts, type Lifecycle } from './exchange.ts'
import { ownHost } from './host.ts'
import { type Target, targetOf } from './target.ts'

/** Bytes of a refused request's body that are read and discarded, to keep the connection usable. */
const DISCARDED_BODY_BYTES_MAX = 64 * 1024
const LINGER_MS = 2_000
const NO_CONTENT = 204

export interface NodeExchangeParts extends ExchangeParts {
  readonly lifecycle: Lifecycle
  /** Shared by all servers of a process. */
  readonly flush: FlushPerTick
}

/** An exchange over Node's own objects. */
export class NodeExchange extends Exchange {
  override wire: Wire
  readonly incoming: IncomingMessage
  readonly outgoing: ServerResponse
  /** Absolute and normalised; undefined if the request's target is malformed. */
  readonly url: string | undefined
  /** An unexpected error while the request was read. */
  readonly failure: unknown
  readonly #authority: string | undefined
  readonly #lifecycle: Lifecycle
  readonly #flush: FlushPerTick
  #isBodyAskedFor = false

  constructor(incoming: IncomingMessage, outgoing: ServerResponse, parts: NodeExchangeParts) {
    let target: Target | undefined
    let failure: unknown
    try {
      target = targetOf(incoming.url ?? '')
    } catch (error) {
      failure = error
    }
    super(parts, { method: incoming.method ?? '', path: target?.path ?? '' })
    this.incoming = incoming
    this.outgoing = outgoing
    this.url = target?.url
    this.#authority = target?.authority
    this.#lifecycle = parts.lifecycle
    this.#flush = parts.flush
    this.wire = parts.wires[0]
    try {
      this.wire = wireOf(parts.wires, this)
    } catch (error) {
      failure ??= error
    }
    this.failure = failure
  }

  override get target(): string {
    return this.incoming.url ?? ''
  }

  override get address(): string | undefined {
    return this.incoming.socket.remoteAddress
  }

  override get headerLines(): readonly string[] {
    return this.incoming.rawHeaders
  }

  override header(name: string): string | undefined {
    if (name === 'host') return this.#host
    const value = this.incoming.headers[name]
    return typeof value === 'string' ? value : undefined
  }

  /** The target's authority overrides the header, which HTTP/1.0 lacks. */
  get #host(): string {
    const { headers, socket } = this.incoming
    return this.#authority ?? headers.host ?? ownHost(socket)
  }

  override get stream(): IncomingMessage {
    return this.incoming
  }

  override get isGone(): boolean {
    return this.outgoing.destroyed
  }

  override get isBegun(): boolean {
    return this.outgoing.headersSent
  }

  override get isBehind(): boolean {
    return this.outgoing.writableNeedDrain
  }

  override whenAnswered(listener: (answer: AnswerFigures) => void): void {
    const { outgoing } = this
    const tell = (): void => {
      const status = outgoing.headersSent ? outgoing.statusCode : undefined
      listener({ status, bytesIn: this.bytesIn, bytesOut: this.bytesOut })
    }
    if (outgoing.closed) tell()
    else outgoing.once('close', tell)
  }

  override askForBody(): void {
    this.#isBodyAskedFor = true
    if (this.#waitsForContinue) this.outgoing.writeContinue()
  }

  /** Whether the client waits for `100 Continue` before it sends its body. Not in HTTP/1.0. */
  get #waitsForContinue(): boolean {
    const { headers, httpVersionMinor } = this.incoming
    if (headers.expect === undefined || httpVersionMinor === 0) return false
    return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
  }

  override send(answer: Answer): void {
    const { status, body } = answer
    const length = Buffer.byteLength(body)
    this.bytesOut = length
    this.sendFields(status, this.fieldsOf(answer, status === NO_CONTENT ? undefined : length), body)
  }

  /** @param fields names and values alternate */
  sendFields(status: number, fields: string[], body: string | Buffer): void {
    const { outgoing } = this
    const rest = this.#restOfBody()
    if (this.#isLast || rest !== 'small') outgoing.shouldKeepAlive = false
    outgoing.writeHead(status, fields)
    if (rest === 'large') this.#sendBeforeBody(body)
    else this.#flush.end(outgoing, body, this.share)
  }

  override begin(contentType: string): void {
    const { outgoing } = this
    if (outgoing.headersSent) return
    if (this.#isLast) outgoing.shouldKeepAlive = false
    outgoing.writeHead(200, this.firstFields(contentType))
  }

  /** Whether the connection ends with this answer. After a request with Upgrade, Node's parser
   * discards further data. */
  get #isLast(): boolean {
    return this.#lifecycle.draining || this.incoming.headers.upgrade !== undefined
  }

  override write(text: string): void {
    this.bytesOut += Buffer.byteLength(text)
    this.outgoing.write(text)
  }

  override end(text: string): void {
    this.bytesOut += Buffer.byteLength(text)
    this.#flush.end(this.outgoing, text, this.share)
  }

  override abort(): void {
    this.outgoing.destroy()
  }

  /** Answers a client that is still sending. If the connection were closed at once, the client's
   * system would drop the answer. So further data is read and discarded for a while. */
  #sendBeforeBody(body: string | Buffer): void {
    const { incoming, outgoing } = this
    const end = () => outgoing.end()
    const timer = setTimeout(end, LINGER_MS)
    outgoing.on('close', () => clearTimeout(timer))
    outgoing.write(body)
    incoming.on('end', end)
    incoming.resume()
  }

  /** The state of the request's remaining body. `small`: reading it is cheaper than a new
   * connection. `unsent`: the client waits for `100 Continue` and may never send it. */
  #restOfBody(): 'small' | 'large' | 'unsent' {
    const { complete, headers } = this.incoming
    if (complete) return 'small'
    if (this.#waitsForContinue && !this.#isBodyAskedFor) return 'unsent'
    if (headers['transfer-encoding'] !== undefined) return 'large'
    const isSmall = Number(headers['content-length'] ?? 0) <= DISCARDED_BODY_BYTES_MAX
    return isSmall ? 'small' : 'large'
  }
}
