import { Agent, type IncomingHttpHeaders } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { apiAddress } from './api-address.ts'
import { exchange } from './exchange.ts'

const ANSWER_LIMIT_MS = 30_000
const BUSY_LIMIT_MS = 30_000

/** The result of a request, as its sender sees it. */
export interface Reply {
  /** 0 if there was no response. */
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Json
  /** The connection was refused, so the request was never sent. */
  readonly isRefused: boolean
}

export type Json = Readonly<Record<string, unknown>>

export interface Caller {
  readonly token: string
  readonly projectId: string
  /** The source address of the connection. */
  readonly address?: string
}

/** A caller for services without authentication (`noauth`). */
export const ANYBODY: Caller = { token: 'tester:faults', projectId: 'faults' }

/** A client with one keep-alive connection, which sends one request at a time and reconnects. */
export class HttpClient {
  readonly #url: string
  readonly #caller: Caller
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1 })

  constructor(url: string, caller = ANYBODY) {
    this.#url = url
    this.#caller = caller
  }

  /** @param path as `apiAddress` takes it */
  post(path: string, body: Json): Promise<Reply> {
    return this.#send('POST', path, body)
  }

  get(path: string): Promise<Reply> {
    return this.#send('GET', path)
  }

  /** Sends a request that must succeed, and returns the response's body. Repeats it while the
   * service answers that it is busy. */
  async done(path: string, body: Json): Promise<Json> {
    const end = performance.now() + BUSY_LIMIT_MS
    for (;;) {
      const { status, headers, body: told } = await this.post(path, body)
      if (status === 200) return told
      const seconds = Number(status === 503 && headers['retry-after'])
      if (!seconds || performance.now() > end) {
        throw new Error(`${path}: ${status} ${JSON.stringify(told)}`)
      }
      await delay(1_000 * seconds)
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  async #send(method: string, path: string, body?: Json): Promise<Reply> {
    const { target, headers } = apiAddress(path, this.#caller)
    try {
      const answer = await exchange({
        url: this.#url + target,
        method,
        headers,
        body: body && JSON.stringify(body),
        agent: this.#agent,
        localAddress: this.#caller.address,
        limitMs: ANSWER_LIMIT_MS,
        repeatable: method === 'GET',
      })
      return { ...answer, body: jsonOf(answer.body), isRefused: false }
    } catch (error) {
      const { code, message }: NodeJS.ErrnoException = Object(error)
      const isRefused = code === 'ECONNREFUSED'
      return { status: 0, headers: {}, body: { reason: message }, isRefused }
    }
  }
}

/** Some errors have a body of plain text. */
function jsonOf(text: string): Json {
  try {
    return JSON.parse(text)
  } catch {
    return { text }
  }
}

/** `failed`: the condition was false. `unavailable`: not applied. `unknown`: applied now, later or
 * never. */
export type WriteOutcome = 'ok' | 'failed' | 'unavailable' | 'unknown'

/** Matches either API's error for a write with unknown outcome. */
const UNKNOWN = /BackendInteractionException|#InternalServerError"/

/** The outcome that a write's response shows. Throws for responses that no fault may cause. */
export function outcomeOf(reply: Reply): WriteOutcome {
  const { status, body, isRefused } = reply
  if (isRefused || status === 503) return 'unavailable'
  if (status === 0) return 'unknown'
  if (status === 200) return 'ok'
  const told = JSON.stringify(body)
  if (status === 400 && told.includes('ConditionalCheckFailedException')) return 'failed'
  if (status === 500 && UNKNOWN.test(told)) return 'unknown'
  throw new Error(`a write was answered ${status} ${told}`)
}
