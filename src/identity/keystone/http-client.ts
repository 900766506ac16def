import http from 'node:http'
import https from 'node:https'
import { setTimeout as delay } from 'node:timers/promises'
import { readTlsFiles, type TlsOptions } from './tls-files.ts'

/** Bytes of an answer. A large cloud's catalog has some hundred kilobytes. */
const RESPONSE_BYTES_MAX = 2 * 1024 * 1024
const RETRY_DELAY_MS = 50
const LATE = 'no answer in time'
const SHOWN_CHARACTERS_MAX = 500
/** As in keystoneauth. */
const REDIRECTS_MAX = 30
const REDIRECT_STATUSES = [301, 302, 303, 307, 308]

export interface HttpRequest {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** A time of `performance.now()`, by which the answer must be complete. */
  readonly deadlineMs: number
}

export interface HttpResponse {
  readonly status: number
  readonly headers: http.IncomingHttpHeaders
  readonly body: string
}

/** No usable answer: refused, broken off, late or too long. The message never quotes the
 * request. */
export class HttpError extends Error {
  override readonly name: string = 'HttpError'
}

export class AnswerTooLongError extends HttpError {
  override readonly name = 'AnswerTooLongError'
}

/** An HTTP client with keep-alive and without cookies. */
export class HttpClient {
  readonly #retriesMax: number
  readonly #plain = new http.Agent({ keepAlive: true })
  readonly #tlsOptions: TlsOptions
  #tls: https.Agent | undefined

  constructor(options: { retriesMax: number; tls?: TlsOptions | undefined }) {
    this.#retriesMax = options.retriesMax
    this.#tlsOptions = options.tls ?? {}
  }

  /**
   * Follows redirects with the same method, headers and body, as keystoneauth does, but not from
   * https to http.
   *
   * @throws HttpError
   */
  async request(request: HttpRequest): Promise<HttpResponse> {
    let { url } = request
    for (let redirects = 0; ; redirects++) {
      const response = await this.#request({ ...request, url })
      const { location } = response.headers
      if (!REDIRECT_STATUSES.includes(response.status) || location === undefined) return response
      const target = URL.canParse(location, url) ? new URL(location, url) : undefined
      if (redirects === REDIRECTS_MAX || !mayFollow(target, url)) {
        throw new HttpError(`${shownUrl(url)} redirects to ${shownUrl(target?.href)}`)
      }
      url = target.href
    }
  }

  close(): void {
    this.#plain.destroy()
    this.#tls?.destroy()
  }

  /** Retries after connection failures, such as a kept connection that the server just closed: all
   * calls made here are idempotent. */
  async #request(request: HttpRequest): Promise<HttpResponse> {
    for (let retries = 0; ; retries++) {
      try {
        return await this.#attempt(request)
      } catch (cause) {
        const mayRetry = isConnectionFailure(cause) && retries < this.#retriesMax
        if (!mayRetry || performance.now() + RETRY_DELAY_MS >= request.deadlineMs) {
          throw cause instanceof HttpError ? cause : new HttpError(describe(cause), { cause })
        }
        await delay(RETRY_DELAY_MS)
      }
    }
  }

  /** Reads the TLS files when an https URL is first used; otherwise they need not exist. @throws
   * HttpError */
  #tlsAgent(): https.Agent {
    try {
      this.#tls ??= new https.Agent({ keepAlive: true, ...readTlsFiles(this.#tlsOptions) })
      return this.#tls
    } catch (cause) {
      // The message names the file.
      const reason = cause instanceof Error ? cause.message : describe(cause)
      throw new HttpError(`a TLS file cannot be used: ${reason}`, { cause })
    }
  }

  #attempt({ method, url, headers, body, deadlineMs }: HttpRequest): Promise<HttpResponse> {
    const timeoutMs = deadlineMs - performance.now()
    if (timeoutMs <= 0) return Promise.reject(new HttpError(LATE))
    return new Promise((resolve, reject) => {
      const call = (isTls(url) ? https : http).request(url, {
        method,
        headers,
        agent: isTls(url) ? this.#tlsAgent() : this.#plain,
      })
      const timer = setTimeout(() => call.destroy(new HttpError(LATE)), timeoutMs)
      call.on('close', () => clearTimeout(timer))
      call.on('error', reject)
      call.on('response', (response) => {
        readBody(response).then((text) => {
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text })
        }, reject)
      })
      call.end(body)
    })
  }
}

async function readBody(response: http.IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > RESPONSE_BYTES_MAX) throw new AnswerTooLongError('the answer is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks, bytes).toString('utf8')
}

function mayFollow(target: URL | undefined, from: string): target is URL {
  return target?.protocol === 'https:' || (target?.protocol === 'http:' && !isTls(from))
}

function isTls(url: string): boolean {
  return url.startsWith('https:')
}

/** The URL for the log, without user, password or query. */
export function shownUrl(url: string | undefined): string {
  if (url === undefined || !URL.canParse(url)) return 'no URL'
  const { protocol, host, pathname } = new URL(url)
  return `${protocol}//${host}${pathname}`.slice(0, SHOWN_CHARACTERS_MAX)
}

function isConnectionFailure(error: unknown): boolean {
  return !(error instanceof HttpError)
}

function describe(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown failure'
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}
