import { type Agent, type IncomingHttpHeaders, request } from 'node:http'

const ANSWER_LIMIT_MS = 60_000
/** How the other side's end of a connection shows in a request that is sent on it. */
const RESET_CODES: readonly unknown[] = ['ECONNRESET', 'EPIPE']

export interface Exchange {
  readonly url: string
  /** GET unless it says otherwise. */
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Buffer | undefined
  readonly agent: Agent
  /** Of this machine, where the connection is to come from. */
  readonly localAddress?: string | undefined
  readonly limitMs?: number
  /**
   * Whether it does no harm to do it twice (RFC 9110, 9.2.2): it is then sent once more where a
   * connection that was used before was reset ahead of any answer, as happens when its other side
   * has closed it for being idle in that very moment.
   */
  readonly repeatable: boolean
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

/** How many requests this process has sent once more. */
export const repeated = { count: 0 }

/** One request and its whole answer; an error with its `code` where there is none. */
export async function exchange(wanted: Exchange): Promise<Answer> {
  try {
    return await send(wanted)
  } catch (error) {
    if (!wanted.repeatable || !(error instanceof ResetError)) throw error
    repeated.count++
    return send(wanted)
  }
}

/** A kept connection ended before the first byte of an answer. */
class ResetError extends Error {
  readonly code: string | undefined

  constructor(cause: NodeJS.ErrnoException) {
    super(cause.message, { cause })
    this.code = cause.code
  }
}

function send(wanted: Exchange): Promise<Answer> {
  const { url, method = 'GET', headers = {}, body, agent, localAddress } = wanted
  const timeout = wanted.limitMs ?? ANSWER_LIMIT_MS
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
      const isReset = sent.reusedSocket && isUnanswered && RESET_CODES.includes(error.code)
      reject(isReset ? new ResetError(error) : error)
    })
    sent.end(body)
  })
}
