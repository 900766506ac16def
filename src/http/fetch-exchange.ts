import type { IncomingMessage } from 'node:http'
import { PassThrough, Readable } from 'node:stream'
import type { ReadableStream } from 'node:stream/web'
import { type Answer, type Wire, wireOf } from '../dialect/wire.ts'
import type { AnswerFigures } from '../operations/execute.ts'
import { Exchange, type ExchangeParts } from './exchange.ts'

/** Set by the adapter for requests over a connection. */
export interface FetchOrigin {
  readonly incoming?: IncomingMessage
  readonly requestId?: string
  /** Replaces the Host header. */
  readonly host?: string | undefined
}

/** The context of Hono's handlers. */
export interface HttpEnv {
  Bindings: FetchOrigin
  Variables: { exchange: FetchExchange }
}

/** Statuses for which `Response` allows no body. */
export const BODILESS: readonly number[] = [204, 304]

/** An exchange over Fetch's `Request` and `Response`, for Hono's handlers. */
export class FetchExchange extends Exchange {
  override wire: Wire
  /** Resolves when the answer starts. Rejects if there is none. */
  readonly response: Promise<Response>
  readonly #request: Request
  readonly #incoming: IncomingMessage | undefined
  readonly #host: string | undefined
  #resolve: (response: Response) => void = () => {}
  #reject: (error: Error) => void = () => {}
  #stream: Readable | undefined
  #lines: PassThrough | undefined
  #status: number | undefined
  #isOver = false
  readonly #listeners: ((answer: AnswerFigures) => void)[] = []

  /** @param path as routed by Hono */
  constructor(request: Request, path: string, origin: FetchOrigin, parts: ExchangeParts) {
    super(parts, { method: request.method, path, requestId: origin.requestId })
    this.#request = request
    this.#incoming = origin.incoming
    this.#host = origin.host
    this.response = new Promise((resolve, reject) => {
      this.#resolve = resolve
      this.#reject = reject
    })
    this.response.catch(() => {})
    this.wire = wireOf(parts.wires, this)
  }

  override get target(): string {
    const { pathname, search } = new URL(this.#request.url)
    return pathname + search
  }

  override get address(): string | undefined {
    return this.#incoming?.socket.remoteAddress
  }

  override get headerLines(): readonly string[] {
    return this.#incoming?.rawHeaders ?? [...this.#request.headers].flat()
  }

  override header(name: string): string | undefined {
    if (name === 'host' && this.#host !== undefined) return this.#host
    const value = this.#request.headers.get(name)
    if (value !== null) return value
    // Without a connection the URL names the host.
    const isInUrl = name === 'host' && this.#incoming === undefined
    return isInUrl ? new URL(this.#request.url).host : undefined
  }

  override get stream(): Readable {
    const { body } = this.#request
    this.#stream ??= body === null ? Readable.from([]) : Readable.fromWeb(body as ReadableStream)
    return this.#stream
  }

  override askForBody(): void {}

  override get isGone(): boolean {
    return this.#incoming?.socket.destroyed ?? this.#request.signal.aborted
  }

  override get isBegun(): boolean {
    return this.#status !== undefined
  }

  override get isBehind(): boolean {
    return this.#lines?.writableNeedDrain ?? false
  }

  override whenAnswered(listener: (answer: AnswerFigures) => void): void {
    this.#listeners.push(listener)
    if (this.#isOver) this.#tell()
  }

  override send(answer: Answer): void {
    const { status, body } = answer
    const isBodiless = BODILESS.includes(status)
    const length = Buffer.byteLength(body)
    const headers = headersOf(this.fieldsOf(answer, isBodiless ? undefined : length))
    this.#status = status
    this.bytesOut = length
    this.#resolve(new Response(isBodiless ? null : body, { status, headers }))
    this.#end()
  }

  override begin(contentType: string): void {
    if (this.#lines) return
    const lines = new PassThrough()
    lines.on('error', () => {})
    this.#lines = lines
    this.#status = 200
    const body = Readable.toWeb(lines) as globalThis.ReadableStream<Uint8Array>
    this.#resolve(new Response(body, { headers: headersOf(this.firstFields(contentType)) }))
  }

  override write(text: string): void {
    this.bytesOut += Buffer.byteLength(text)
    this.#lines?.write(text)
  }

  override end(text: string): void {
    this.write(text)
    this.#lines?.end()
    this.#end()
  }

  override abort(): void {
    const error = new Error('the request was given up')
    this.#reject(error)
    this.#lines?.destroy(error)
    this.#end()
  }

  #end(): void {
    this.#isOver = true
    this.#tell()
  }

  #tell(): void {
    const { bytesIn, bytesOut } = this
    for (const listener of this.#listeners.splice(0)) {
      listener({ status: this.#status, bytesIn, bytesOut })
    }
  }
}

/** @param fields names and values alternate */
function headersOf(fields: readonly string[]): Headers {
  const headers = new Headers()
  for (let i = 0; i < fields.length; i += 2) headers.append(fields[i] ?? '', fields[i + 1] ?? '')
  return headers
}
