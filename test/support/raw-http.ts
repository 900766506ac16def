/** HTTP as bytes: for requests that clients cannot send, and responses that they do not show. */
import { connect, type Socket } from 'node:net'

const ANSWER_LIMIT_MS = 120_000

/** One request on its own connection, and all bytes received on it. */
export class RawExchange {
  /** All bytes received until the connection closed. */
  readonly ended: Promise<string>
  /** The connection's error. A server that closes before it has read everything may reset the
   * connection, and so destroy its response. */
  failure: Error | undefined
  readonly #socket: Socket
  #text = ''

  /**
   * `ends`: half-closes the connection after the request; the server then does not answer requests
   * that take time. `leaves`: closes the connection after a response that would keep it.
   */
  constructor(
    port: number,
    parts: readonly (string | Buffer)[],
    { ends = false, leaves = false, limitMs = ANSWER_LIMIT_MS } = {},
  ) {
    const socket = connect({ port, host: '127.0.0.1' }, () => {
      for (const part of parts) socket.write(part)
      if (ends) socket.end()
    })
    this.#socket = socket
    const timer = setTimeout(() => socket.destroy(), limitMs)
    // Always followed by `close`.
    socket.on('error', (error) => {
      this.failure = error
    })
    socket.on('data', (chunk) => {
      this.#text += chunk.toString('latin1')
      if (leaves && this.isAnswered && !/^connection: close\r$/im.test(this.#text)) socket.end()
    })
    this.ended = closeOf(socket).then(() => {
      clearTimeout(timer)
      return this.#text
    })
  }

  get isAnswered(): boolean {
    return this.#socket.destroyed || (this.#text !== '' && answersIn(this.#text) !== undefined)
  }
}

export interface RawAnswer {
  readonly status: number
  /** The status line and the headers. */
  readonly head: string
  /** By name in lower case. */
  readonly headers: ReadonlyMap<string, string>
  readonly body: string
  /** All that was received, including further responses. */
  readonly text: string
}

/** Sends bytes unchanged, and reads until the server closes the connection. */
export async function sendRaw(
  port: number,
  ...parts: readonly (string | Buffer)[]
): Promise<RawAnswer> {
  const exchange = new RawExchange(port, parts)
  const text = Buffer.from(await exchange.ended, 'latin1').toString()
  if (exchange.failure) throw exchange.failure
  return parseAnswer(text)
}

/** The first response, with its body as received. */
export function parseAnswer(text: string): RawAnswer {
  const end = text.indexOf('\r\n\r\n')
  const head = text.slice(0, end)
  const headers = head
    .split('\r\n')
    .slice(1)
    .map((line): [string, string] => {
      const colon = line.indexOf(':')
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()]
    })
  const body = text.slice(end + 4)
  return { status: statusOf(head), head, headers: new Map(headers), body, text }
}

/** 0 if there is no response. */
export function statusOf(text: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(text)?.[1] ?? 0)
}

export type FinalAnswer = Pick<RawAnswer, 'status' | 'head' | 'body'>

/** The final responses in the received text, with their bodies unchunked. Undefined if the last one
 * is incomplete. */
export function answersIn(text: string): readonly FinalAnswer[] | undefined {
  const answers: FinalAnswer[] = []
  for (let at = 0; at < text.length || answers.length === 0; ) {
    const end = text.indexOf('\r\n\r\n', at)
    if (end < 0) return undefined
    const head = text.slice(at, end)
    const status = statusOf(head)
    const framed = bodyAt(text, end + 4, head, status)
    if (framed === undefined) return undefined
    at = framed.end
    if (status !== 100) answers.push({ status, head, body: framed.body })
  }
  return answers
}

type Framed = { readonly body: string; readonly end: number } | undefined

/** Undefined if it is incomplete. */
function bodyAt(text: string, at: number, head: string, status: number): Framed {
  if (status === 100 || status === 204) return { body: '', end: at }
  if (/^transfer-encoding: chunked$/im.test(head)) return unchunked(text, at)
  const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? text.length - at)
  const end = at + length
  return text.length < end ? undefined : { body: text.slice(at, end), end }
}

function unchunked(text: string, start: number): Framed {
  let body = ''
  for (let at = start; ; ) {
    const line = text.indexOf('\r\n', at)
    const size = Number.parseInt(text.slice(at, line), 16)
    if (line < 0 || Number.isNaN(size) || text.length < line + 4 + size) return undefined
    body += text.slice(line + 2, line + 2 + size)
    at = line + 4 + size
    if (size === 0) return { body, end: at }
  }
}

export interface RawRequest {
  readonly method?: string
  readonly target: string
  /** Lines such as `X-Auth-Token: a:b`; Host and Connection are added unless they are here. */
  readonly headers?: readonly string[]
  readonly body?: string
}

/** Sends one request on its own connection. */
export function ask(port: number, request: RawRequest): Promise<RawAnswer> {
  return sendRaw(port, requestText(port, request, ['Connection: close']))
}

export function requestText(
  port: number,
  { method = 'GET', target, headers = [], body = '' }: RawRequest,
  more: readonly string[] = [],
): string {
  const lines = [`${method} ${target} HTTP/1.1`, ...headers, ...more]
  if (!headers.some((line) => /^host:/i.test(line))) lines.push(`Host: 127.0.0.1:${port}`)
  if (body !== '') lines.push(`Content-Length: ${Buffer.byteLength(body)}`)
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}

/** The message in the v1 error envelope. */
export function messageOf(answer: RawAnswer): string {
  return JSON.parse(answer.body).error.message
}

/** Resolves even after an error, which `once` would reject with. */
export function closeOf(socket: Socket): Promise<'closed'> {
  return new Promise((resolve) => socket.once('close', () => resolve('closed')))
}
