import type { Readable } from 'node:stream'
import type { Answer, Query, Wire, WireRequest, Wires } from '../dialect/wire.ts'
import { addressGroup } from '../identity/address-group.ts'
import type { RequestContext } from '../identity/request-context.ts'
import type { BodyShare } from '../identity/signatures.ts'
import type { AnswerFigures, ObservedRequest } from '../operations/execute.ts'
import type { LogContext } from '../telemetry/logger.ts'
import type { BodyReceiver } from './body.ts'
import { encodingOf } from './inflate.ts'
import { publicUrl } from './public-url.ts'
import { newRequestId, REQUEST_ID_HEADER } from './request-id.ts'

/** `draining` is set while the process drains, so that each connection ends with its next
 * answer. */
export interface Lifecycle {
  draining: boolean
}

export interface ExchangeParts {
  readonly wires: Wires
  /** Shared by all servers of a process. */
  readonly receiver: BodyReceiver
  /** For bodies of unknown callers, which take no room from the others. */
  readonly strangers: BodyReceiver
  readonly publicEndpoint?: string | undefined
}

/** Path parameters by their names in the route. */
export interface PathParams {
  param(name: string): string | undefined
}

const NO_PARAMS: PathParams = { param: () => undefined }
const NO_BODY = Buffer.alloc(0)
const NO_QUERY = new URLSearchParams()

/** A request and its answer, independent of the transport: node-exchange.ts and fetch-exchange.ts
 * implement it. It is answered exactly once: by `send`, by `begin` and `end`, or by `abort`. */
export abstract class Exchange implements WireRequest, ObservedRequest {
  readonly requestId: string
  /** Path parameters, none without a route. */
  route: PathParams = NO_PARAMS
  body: Buffer = NO_BODY
  /** Set once the caller is identified. */
  context: RequestContext | undefined
  /** Bytes of request and answer bodies so far. */
  bytesIn = 0
  bytesOut = 0
  readonly method: string
  readonly path: string
  /** The project for which the request counts until the caller is identified. */
  claimedProject: string | undefined
  readonly #parts: ExchangeParts
  #receiving: Buffer | Promise<Buffer> | undefined
  #receiver: BodyReceiver
  #bodyShare = ''

  protected constructor(
    parts: ExchangeParts,
    { method, path, requestId = newRequestId() }: RequestLine,
  ) {
    this.#parts = parts
    this.#receiver = parts.receiver
    this.method = method
    this.path = path
    this.requestId = requestId
  }

  /** The wire that the request uses; errors have its form. */
  abstract wire: Wire
  abstract readonly target: string
  abstract readonly address: string | undefined
  /** Names and values alternate. */
  abstract readonly headerLines: readonly string[]
  abstract header(name: string): string | undefined
  abstract readonly stream: Readable
  /** Sends `100 Continue` if the client waits for it. */
  abstract askForBody(): void

  /** Whether the client has closed the connection. */
  abstract readonly isGone: boolean
  /** Whether the status has been sent. */
  abstract readonly isBegun: boolean
  abstract send(answer: Answer): void
  /** Starts an answer of status 200 that is sent in pieces. No effect if it was started. */
  abstract begin(contentType: string): void
  abstract write(text: string): void
  abstract end(text: string): void
  /** Whether the client has not read what was written. */
  abstract readonly isBehind: boolean
  /** Closes the connection, also during an answer. */
  abstract abort(): void
  /** Calls back once the answer is written, or the client gone. */
  abstract whenAnswered(listener: (answer: AnswerFigures) => void): void

  /** The share for which the request counts: the caller's project, or the client's address while no
   * project is known or claimed. */
  get share(): string {
    return this.context?.projectId ?? this.claimedProject ?? addressGroup(this.address)
  }

  param(name: string): string | undefined {
    return this.route.param(name)
  }

  get query(): Query {
    const { target } = this
    const start = target.indexOf('?')
    return start === -1 ? NO_QUERY : new URLSearchParams(target.slice(start + 1))
  }

  get baseUrl(): string {
    return publicUrl(this.#parts.publicEndpoint, this.header('host'))
  }

  get logContext(): LogContext {
    return this.context ?? { requestId: this.requestId }
  }

  receive(bytesMax: number): Buffer | Promise<Buffer> {
    return this.#receive(bytesMax, this.#receiver, this.share)
  }

  receiveUnidentified(bytesMax: number, { name, isStranger }: BodyShare): Buffer | Promise<Buffer> {
    const { receiver, strangers } = this.#parts
    return this.#receive(bytesMax, isStranger ? strangers : receiver, name)
  }

  #receive(bytesMax: number, receiver: BodyReceiver, share: string): Buffer | Promise<Buffer> {
    if (this.#receiving === undefined) {
      this.#receiver = receiver
      this.#bodyShare = share
      this.#receiving = receiver.receive(this, share, bytesMax)
    }
    return this.#receiving
  }

  /** Sets the caller. A body received earlier counts for the caller's project from now on. */
  identified(context: RequestContext): void {
    this.context = context
    const { receiver } = this.#parts
    if (this.#receiver === receiver && this.#bodyShare === context.projectId) return
    this.#receiver.release(this.body.length, this.#bodyShare)
    this.#receiver = receiver
    this.#bodyShare = context.projectId
    receiver.adopt(this.body.length, context.projectId)
  }

  /**
   * Replaces a compressed body by its contents. Undefined if the body is not compressed.
   *
   * @throws (rejects with) MagnetoDBError `content_encoding_unsupported`, `body_too_large`,
   *   `body_not_as_encoded` or `too_many_bodies`
   */
  inflate(bytesMax: number): Promise<void> | undefined {
    const encoding = encodingOf(this.header('content-encoding'))
    if (encoding === undefined) return undefined
    return this.#receiver.inflate(this, this.#bodyShare, encoding, bytesMax)
  }

  /**
   * The header fields of an answer: names and values alternate.
   *
   * @param length in bytes; undefined for an answer without a body
   */
  protected fieldsOf(answer: Answer, length: number | undefined): string[] {
    const { headers } = answer
    const seal = this.wire.seal?.(answer, this)
    const fields = this.firstFields(seal?.contentType ?? answer.contentType)
    if (length !== undefined) fields.push('Content-Length', `${length}`)
    if (headers) for (const name of Object.keys(headers)) fields.push(name, headers[name] ?? '')
    if (seal) fields.push(...seal.fields)
    return fields
  }

  /** The header fields with which every answer begins. */
  protected firstFields(contentType: string): string[] {
    return ['Content-Type', contentType, REQUEST_ID_HEADER, this.requestId]
  }

  /** Releases the body. Must be called once, when the body is no longer needed. */
  release(): void {
    this.#receiver.release(this.body.length, this.#bodyShare)
    this.body = NO_BODY
    // Work that goes on after the answer may keep the exchange.
    this.#receiving = NO_BODY
  }
}

interface RequestLine {
  readonly method: string
  readonly path: string
  readonly requestId?: string | undefined
}
