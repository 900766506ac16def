import {
  AuthenticationError,
  ForbiddenScopeError,
  IdentityUnavailableError,
  UnauthorizedError,
} from '../identity/errors.ts'
import { type ErrorCode, MagnetoDBError } from '../model/errors.ts'
import type { Logger } from '../telemetry/logger.ts'
import { BodyTimeoutError, CallerGoneError } from './body.ts'
import { type Answer, type Exchange, TEXT_TYPE } from './exchange.ts'
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
    const refusal = (message: string) =>
      retryLater(this.encodeError(new MagnetoDBError('unavailable', message)), RETRY_AFTER_SECONDS)
    this.tooManyRequests = refusal('Too many requests at once')
    const { headers, ...answer } = refusal('Too many connections at once')
    this.tooManyConnections = { ...answer, headers: { ...headers, ...CLOSE } }
  }

  send(error: unknown, exchange: Exchange): void {
    if (error instanceof CallerGoneError || exchange.outgoing.destroyed) return
    const answer = this.#answer(error)
    const refusal = refusalOf(error, answer.status)
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

  #answer(error: unknown): Answer {
    const { encodeError } = this
    if (error instanceof MagnetoDBError) {
      if (error.code !== 'unavailable') return encodeError(error)
      return retryLater(encodeError(error), RETRY_AFTER_SECONDS)
    }
    if (error instanceof UnauthorizedError) return this.#unauthorized()
    if (error instanceof ForbiddenScopeError) {
      return encodeError(new MagnetoDBError('forbidden', error.message))
    }
    if (error instanceof IdentityUnavailableError) {
      const unavailable = new MagnetoDBError('unavailable', 'The Identity service is not available')
      return retryLater(encodeError(unavailable), error.retryAfterSeconds)
    }
    if (error instanceof BodyTimeoutError) {
      return { status: 408, contentType: TEXT_TYPE, body: error.message, headers: CLOSE }
    }
    return encodeError(new MagnetoDBError('internal', 'An Internal Error Occurred'))
  }

  /** As keystonemiddleware answers: text, not the wire's envelope. */
  #unauthorized(): Answer {
    const challenge = this.#options.wwwAuthenticate
    return {
      status: 401,
      contentType: TEXT_TYPE,
      body: 'Authentication required',
      headers: challenge === undefined ? {} : { 'WWW-Authenticate': challenge },
    }
  }
}

/** What the log says of an error that was answered with this status. */
function refusalOf(error: unknown, status: number): Refusal | undefined {
  if (error instanceof MagnetoDBError) {
    const { code, message, cause } = error
    // It is what a conditional write is asked for.
    if (code === 'condition_failed') return undefined
    if (code === 'internal') return { level: 'error', message: 'internal error', error }
    // Without a cause it is a limit of ours that was met.
    if (TROUBLE.has(code) && cause !== undefined) {
      return { level: 'warn', message, reason: cause instanceof Error ? cause.message : undefined }
    }
    // Messages about what is wrong with a request may repeat parts of items.
    return { level: 'info', message: REFUSED, reason: status === BAD_REQUEST ? code : message }
  }
  const isForeseen = error instanceof AuthenticationError || error instanceof BodyTimeoutError
  if (!isForeseen) return { level: 'error', message: 'unexpected error', error }
  return { level: 'info', message: REFUSED, reason: error.message }
}

const REFUSED = 'refused'
const BAD_REQUEST = 400
/** What of an answer's body a line shows. */
const BODY_SHOWN_CHARS = 200

/** What an operator should hear of, since the storage is in trouble. */
const TROUBLE: ReadonlySet<ErrorCode> = new Set(['unavailable', 'outcome_unknown'])

const CLOSE = { Connection: 'close' }

function retryLater(answer: Answer, seconds: number): Answer {
  return { ...answer, headers: { ...answer.headers, 'Retry-After': `${seconds}` } }
}
