import { METHODS, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { TEXT_TYPE } from '../../dialect/wire.ts'
import type { Fault } from '../fault.ts'
import { newRequestId, REQUEST_ID_HEADER } from '../request-id.ts'

/** A plain answer, after which the connection is closed. */
interface LastAnswer {
  readonly status: number
  readonly body: string
}

/** An error of Node's parser. */
interface ParserError extends Error {
  readonly code?: string
  readonly rawPacket?: Buffer
}

/** Node's internal field: the answer being written, or the next one. */
type HttpSocket = Socket & { readonly _httpMessage?: ServerResponse | null }

const REQUEST_LINE = /^([!#$%&'*+.^_`|~\w-]+) (\S*)(?: HTTP\/(\d\.\d))?\r?\n/
/** Bytes of a request line. A server need not read longer ones (RFC 9112, 3). */
const TARGET_LONG_BYTES = 8_000
const LONG_TARGET = new RegExp(`^[A-Z]+ \\S{${TARGET_LONG_BYTES}}`)

const NOT_IMPLEMENTED: LastAnswer = { status: 501, body: 'This method is not implemented' }

/** Answers data that is no HTTP request. */
export class UnparsedRequests {
  readonly #fault: Fault
  readonly #answered = new WeakSet<Socket>()

  constructor(fault: Fault) {
    this.#fault = fault
  }

  /** For `clientError`. */
  readonly refuse = (error: ParserError, socket: Socket): void => {
    // The connection is about to end with an answer, and further data is ignored.
    if (error.code === 'HPE_CLOSED_CONNECTION' || this.#answered.has(socket)) return
    this.#answered.add(socket)
    this.#answerInTurn(socket, answerTo(error))
  }

  /** For `connect`: this server is no proxy. */
  readonly refuseTunnel = (_request: unknown, socket: Socket): void => {
    this.#answerInTurn(socket, NOT_IMPLEMENTED)
  }

  /** After the answers to complete requests. */
  #answerInTurn(socket: HttpSocket, answer: LastAnswer | undefined): void {
    const { _httpMessage: ahead } = socket
    if (answer === undefined || !socket.writable) {
      socket.destroy()
    } else if (ahead?.req.complete) {
      ahead.once('close', () => this.#answerInTurn(socket, answer))
    } else if (ahead?.headersSent) {
      // It is answered, and the answer is sent at the end of this turn.
      setImmediate(() => socket.destroySoon())
    } else this.#answer(socket, answer)
  }

  #answer(socket: Socket, { status, body }: LastAnswer): void {
    const requestId = newRequestId()
    // A connection that sent nothing is not logged.
    if (socket.bytesRead > 0) {
      this.#fault.noteUnparsed(status, body, { requestId, address: socket.remoteAddress })
    }
    const lines = [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      `Content-Type: ${TEXT_TYPE}`,
      `${REQUEST_ID_HEADER}: ${requestId}`,
      `Content-Length: ${body.length}`,
      `Date: ${new Date().toUTCString()}`,
      'Connection: close',
    ]
    socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`)
    socket.destroySoon()
  }
}

/** Undefined if the connection is broken. */
function answerTo({ code = '', rawPacket }: ParserError): LastAnswer | undefined {
  const start = rawPacket?.subarray(0, 2 * TARGET_LONG_BYTES).toString('latin1') ?? ''
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { status: 408, body: 'The header lines did not come in time' }
    case 'HPE_CHUNK_EXTENSIONS_OVERFLOW':
      return { status: 413, body: 'Too long chunk extensions' }
    case 'HPE_HEADER_OVERFLOW':
      if (LONG_TARGET.test(start)) return { status: 414, body: 'Too long a target' }
      return { status: 431, body: 'Too long header lines' }
    default:
      if (!code.startsWith('HPE_')) return undefined
      return answerToLine(code, start) ?? { status: 400, body: 'This is no request of HTTP/1.1' }
  }
}

function answerToLine(code: string, start: string): LastAnswer | undefined {
  const [, method = '', , version] = REQUEST_LINE.exec(start) ?? []
  if (version === undefined) return undefined
  if (code === 'HPE_INVALID_METHOD' && !METHODS.includes(method)) return NOT_IMPLEMENTED
  const isKnown = version === '1.0' || version === '1.1'
  return isKnown ? undefined : { status: 505, body: 'Only HTTP/1.0 and HTTP/1.1 are spoken here' }
}
