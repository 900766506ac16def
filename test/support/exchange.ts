import { Agent, type IncomingHttpHeaders, request } from 'node:http'

const ANSWER_LIMIT_MS = 60_000
const WITHOUT_KEEP_ALIVE = new Agent()
/** Error codes of a request on a connection that the other side has closed. */
const RESET_CODES: readonly unknown[] = ['ECONNRESET', 'EPIPE']

export interface Exchange {
  readonly url: string
  /** Default: GET. */
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer | undefined
  /** Default: a new connection, which is closed afterwards. */
  readonly agent?: Agent
  /** The source address of the connection. */
  readonly localAddress?: string | undefined
  readonly limitMs?: number
  /**
   * Whether doing it twice is harmless (RFC 9110, 9.2.2). Such a request is sent a second time if a
   * kept connection is reset before any response. This happens when the server closes an idle
   * connection at the same moment. Default: false.
   */
  readonly repeatable?: boolean
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** Requests that this process has sent a second time. */
export const repeated = { count: 0 }

/** Sends one request and receives its whole response. Rejects with the error's `code` if there is
 * none. */
export async function exchange(wanted: Exchange): Promise<Answer> {
  try {
    return await send(wanted)
  } catch (error) {
    if (!wanted.repeatable || !Object(error).isReset) throw error
    repeated.count++
    return send(wanted)
  }
}

function send(wanted: Exchange): Promise<Answer> {
  const { url, method = 'GET', headers = {}, body, localAddress } = wanted
  const { agent = WITHOUT_KEEP_ALIVE, limitMs: timeout = ANSWER_LIMIT_MS } = wanted
  return new Promise((resolve, reject) => {
    const options = { method, headers, agent, timeout, ...(localAddress && { localAddress }) }
    let receivedBefore = 0
    const sent = request(url, options, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('error', reject)
      answer.on('end', () => {
        const { statusCode: status = 0, headers } = answer
        resolve({ status, headers, body: Buffer.concat(chunks).toString() })
      })
    })
    sent.on('socket', (socket) => {
      receivedBefore = socket.bytesRead
    })
    sent.on('timeout', () => sent.destroy(new Error('no answer in time')))
    sent.on('error', (error: NodeJS.ErrnoException) => {
      const isUnanswered = sent.socket === null || sent.socket.bytesRead === receivedBefore
      /** A kept connection ended before the first byte of a response. */
      const isReset = sent.reusedSocket && isUnanswered && RESET_CODES.includes(error.code)
      reject(Object.assign(error, { isReset }))
    })
    sent.end(body)
  })
}
