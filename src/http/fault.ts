import { IdentityUnavailableError } from '../identity/errors.ts'
import { MagnetoDBError } from '../model/errors.ts'
import type { Reason } from '../model/reasons.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Answer, Exchange } from './exchange.ts'
import { type Refusal, RefusalLog } from './refusal-log.ts'

/** Told to whoever was refused for lack of room or of a service that we need. */
const RETRY_AFTER_SECONDS = 1

/** How a wire shows an error of the core. */
export type EncodeError = (error: MagnetoDBError) => Answer

export interface FaultOptions {
  readonly encodeError: EncodeError
  readonly wwwAuthenticate: string | undefined
  readonly log: Logger
}

/**
 * Answers a request that failed, in the one place where errors of every kind end, and logs it. What
 * nobody foresaw is logged with its stack and answered 500 without a word about our inside.
 */
export class Fault {
  readonly encodeError: EncodeError
  /** For those who come while there is too much to do: made once, as it must cost little. */
  readonly tooManyRequests: Answer
  /** It ends the connection. */
  readonly tooManyConnections: Answer
  readonly #options: FaultOptions
  readonly #refusals: RefusalLog

  constructor(options: FaultOptions) {
    this.encodeError = options.encodeError
    this.#options = options
    this.#refusals = new RefusalLog(options.log)
    this.tooManyRequests = this.#encode(new MagnetoDBError({ is: 'too_many_requests' }))
    this.tooManyConnections = this.#encode(new MagnetoDBError({ is: 'too_many_connections' }))
  }

  send(error: unknown, exchange: Exchange): void {
    const known =
      error instanceof MagnetoDBError
        ? error
        : new MagnetoDBError({ is: 'internal' }, { cause: error })
    if (known.reason.is === 'caller_gone' || exchange.outgoing.destroyed) return
    const answer = this.#encode(known)
    const refusal = refusalOf(known, answer.status)
    if (!exchange.outgoing.headersSent) {
      if (refusal) this.#refusals.add(exchange, answer.status, refusal)
      exchange.send(answer)
      return
    }
    // What an upload had done by then has been logged.
    if (refusal && refusal.level !== 'info') this.#refusals.add(exchange, answer.status, refusal)
    exchange.outgoing.destroy()
  }

  /** Sends an answer that may be a refusal and comes from no error. */
  sendAsIs(answer: Answer, exchange: Exchange): void {
    const { status, body } = answer
    if (status >= BAD_REQUEST) {
      const reason = body.slice(0, BODY_SHOWN_CHARS)
      this.#refusals.add(exchange, status, { level: 'info', message: REFUSED, reason })
    }
    exchange.send(answer)
  }

  /** `progress` is what was done of a request before it failed or its caller left, as JSON. */
  logUnfinished(error: unknown, { logContext }: Exchange, progress: string): void {
    const reason = error instanceof Error ? error.message : undefined
    const fields = { context: logContext, reason, progress: JSON.parse(progress) }
    this.#options.log.info(fields, 'not finished')
  }

  /** Tells the log of what has had no line yet. */
  close(): void {
    this.#refusals.close()
  }

  #encode(error: MagnetoDBError): Answer {
    const answer = this.encodeError(error)
    return { ...answer, headers: { ...answer.headers, ...this.#headersOf(error) } }
  }

  #headersOf(error: MagnetoDBError): Readonly<Record<string, string>> {
    const { reason, code } = error
    const challenge = this.#options.wwwAuthenticate
    switch (reason.is) {
      case 'unauthenticated':
        return challenge === undefined ? {} : { 'WWW-Authenticate': challenge }
      case 'body_too_slow':
        return CLOSE
      case 'too_many_connections':
        return { ...retryAfter(RETRY_AFTER_SECONDS), ...CLOSE }
      default:
        if (code !== 'unavailable') return {}
        return retryAfter(
          error instanceof IdentityUnavailableError ? error.retryAfterSeconds : RETRY_AFTER_SECONDS,
        )
    }
  }
}

/** What the log says of an error that was answered with this status. */
function refusalOf(error: MagnetoDBError, status: number): Refusal | undefined {
  const { code, message, reason, cause } = error
  // It is what a conditional write is asked for.
  if (reason.is === 'condition_failed') return undefined
  if (reason.is === 'internal') {
    return { level: 'error', message: 'unexpected error', error: cause }
  }
  // Without a cause it is a limit of ours that was met.
  if (TROUBLE.has(reason.is) && cause !== undefined) {
    return { level: 'warn', message, reason: cause instanceof Error ? cause.message : undefined }
  }
  // What is wrong with a request may repeat parts of items.
  return { level: 'info', message: REFUSED, reason: status === BAD_REQUEST ? code : message }
}

const REFUSED = 'refused'
const BAD_REQUEST = 400
/** What of an answer's body a line shows. */
const BODY_SHOWN_CHARS = 200

/** What an operator should hear of, since the storage is in trouble. */
const TROUBLE: ReadonlySet<Reason['is']> = new Set([
  'storage_unavailable',
  'write_outcome_unknown',
  'table_outcome_unknown',
])

const CLOSE = { Connection: 'close' }

function retryAfter(seconds: number) {
  return { 'Retry-After': `${seconds}` }
}
