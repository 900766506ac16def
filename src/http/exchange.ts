import type { Readable } from 'node:stream'
import type { Answer, Wire, WireRequest, Wires } from '../dialect/wire.ts'
import { addressGroup } from '../identity/address-group.ts'
import type { RequestContext } from '../identity/request-context.ts'
import type { AnswerFigures, ObservedRequest } from '../operations/execute.ts'
import type { LogContext } from '../telemetry/logger.ts'
import type { BodyReceiver } from './body.ts'
import { encodingOf } from './inflate.ts'
import { publicUrl } from './public-url.ts'
import { newRequestId } from './request-id.ts'

/** Whether the process is about to end, so that connections end with their next answer. */
export interface Lifecycle {
  draining: boolean
}

export interface ExchangeParts {
  readonly wires: Wires
  /** One for all servers of a process. */
  readonly receiver: BodyReceiver
  readonly publicEndpoint?: string | undefined
}

/** The parameters of a path, by their names in the route. */
export interface PathParams {
  param(name: string): string | undefined
}

const NO_PARAMS: PathParams = { param: () => undefined }
const NO_BODY = Buffer.alloc(0)

/**
 * One request and its answer, whatever transport they go by: node-exchange.ts and fetch-exchange.ts
 * have one each. It is answered exactly once: by `send`, by `end` after `begin`, or by `abort`.
 */
export abstract class Exchange implements WireRequest, ObservedRequest {
  readonly requestId: string
  /** What is known of its path's parameters; empty where it has no route. */
  route: PathParams = NO_PARAMS
  body: Buffer = NO_BODY
  /** Once it is known who calls. */
  context: RequestContext | undefined
  /** Bytes of the bodies so far. */
  bytesIn = 0
  bytesOut = 0
  readonly method: string
  readonly path: string
  readonly #parts: ExchangeParts
  #receiving: Promise<Buffer> | undefined
  #bodyShare = ''

  protected constructor(
    parts: ExchangeParts,
    { method, path, requestId = newRequestId() }: RequestLine,
  ) {
    this.#parts = parts
    this.method = method
    this.path = path
    this.requestId = requestId
  }

  /** What the request speaks, and errors are told in. */
  abstract wire: Wire
  /** As it stands in the request line, or what is left of that. */
  abstract readonly target: string
  abstract readonly address: string | undefined
  /** Names and values in turn. */
  abstract readonly headerLines: readonly string[]
  abstract header(name: string): string | undefined
  /** The body as it comes. */
  abstract readonly stream: Readable
  /** Tells a caller who waits for `100 Continue` to send the body. */
  abstract askForBody(): void

  /** Whether nobody is left to answer. */
  abstract readonly isGone: boolean
  /** Whether the answer's status is sent. */
  abstract readonly isBegun: boolean
  abstract send(answer: Answer): void
  /** Begins an answer of status 200 that is sent piece by piece. Does nothing if it has begun. */
  abstract begin(contentType: string): void
  abstract write(text: string): void
  abstract end(text: string): void
  /** Whether the caller has not taken what was written. */
  abstract readonly isBehind: boolean
  /** Gives up, also in the middle of an answer. */
  abstract abort(): void
  /** Calls back with the figures of the answer once it is written, or its caller gone. */
  abstract whenAnswered(listener: (answer: AnswerFigures) => void): void

  /** Whose part of what is bounded it takes: the project's once its caller is known, until then
   * that of the address. */
  get share(): string {
    return this.context?.projectId ?? addressGroup(this.address)
  }

  param(name: string): string | undefined {
    return this.route.param(name)
  }

  get query(): URLSearchParams {
    const { target } = this
    const start = target.indexOf('?')
    return new URLSearchParams(start === -1 ? '' : target.slice(start + 1))
  }

  get baseUrl(): string {
    return publicUrl(this.#parts.publicEndpoint, this.header('host'))
  }

  /** What a line of the log says of this request. */
  get logContext(): LogContext {
    return this.context ?? { requestId: this.requestId }
  }

  receive(bytesMax: number): Promise<Buffer> {
    if (this.#receiving === undefined) {
      this.#bodyShare = this.share
      this.#receiving = this.#parts.receiver.receive(this, bytesMax)
    }
    return this.#receiving
  }

  /**
   * Puts what a compressed body holds in its place; nothing where it is not compressed.
   *
   * @throws (rejects with) MagnetoDBError `content_encoding_unsupported`, `body_too_large`,
   *   `body_not_as_encoded` or `too_many_bodies`
   */
  inflate(bytesMax: number): Promise<void> | undefined {
    const encoding = encodingOf(this.header('content-encoding'))
    if (encoding === undefined) return undefined
    return this.#parts.receiver.inflate(this, this.#bodyShare, encoding, bytesMax)
  }

  protected sealed(answer: Answer): Answer {
    return this.wire.seal?.(answer, this) ?? answer
  }

  /** Lets go of the body. To be called once the request needs it no more. */
  release(): void {
    this.#parts.receiver.release(this.body.length, this.#bodyShare)
    this.body = NO_BODY
  }
}

interface RequestLine {
  readonly method: string
  readonly path: string
  readonly requestId?: string | undefined
}
