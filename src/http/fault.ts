import {
  ForbiddenScopeError,
  IdentityUnavailableError,
  UnauthorizedError,
} from '../identity/errors.ts'
import { type ErrorCode, MagnetoDBError } from '../model/errors.ts'
import type { Logger } from '../telemetry/logger.ts'
import { BodyTimeoutError, CallerGoneError } from './body.ts'
import { type Answer, type Exchange, TEXT_TYPE } from './exchange.ts'

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
 * Answers a request that failed, in the one place where errors of every kind end. What nobody
 * foresaw is logged with its stack and answered 500 without a word about our inside.
 */
export class Fault {
  readonly encodeError: EncodeError
  /** For those who come while there is too much to do: made once, as it must cost little. */
  readonly tooManyRequests: Answer
  /** It ends the connection. */
  readonly tooManyConnections: Answer
  readonly #options: FaultOptions

  constructor(options: FaultOptions) {
    this.encodeError = options.encodeError
    this.#options = options
    const refusal = (message: string) =>
      retryLater(this.encodeError(new MagnetoDBError('unavailable', message)), RETRY_AFTER_SECONDS)
    this.tooManyRequests = refusal('Too many requests at once')
    const { headers, ...answer } = refusal('Too many connections at once')
    this.tooManyConnections = { ...answer, headers: { ...headers, ...CLOSE } }
  }

  send(error: unknown, exchange: Exchange): void {
    if (error instanceof CallerGoneError || exchange.outgoing.destroyed) return
    const answer = this.#answer(error, exchange)
    if (exchange.outgoing.headersSent) exchange.outgoing.destroy()
    else exchange.send(answer)
  }

  /** `progress` is what was done of a request before it failed or its caller left, as JSON. */
  logUnfinished(error: unknown, { logContext }: Exchange, progress: string): void {
    const reason = error instanceof Error ? error.message : undefined
    const fields = { context: logContext, reason, progress: JSON.parse(progress) }
    this.#options.log.info(fields, 'not finished')
  }

  #answer(error: unknown, exchange: Exchange): Answer {
    const { encodeError } = this
    if (error instanceof MagnetoDBError) {
      if (error.code === 'internal') this.#log(error, exchange, 'internal error')
      if (TROUBLE.has(error.code)) this.#logTrouble(error, exchange)
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
    this.#log(error, exchange, 'unexpected error')
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

  #log(error: unknown, { logContext }: Exchange, message: string): void {
    this.#options.log.error({ context: logContext, error }, message)
  }

  /** Without a cause it is a limit of ours that was met. */
  #logTrouble({ cause, message }: MagnetoDBError, { logContext }: Exchange): void {
    if (cause === undefined) return
    const reason = cause instanceof Error ? cause.message : undefined
    this.#options.log.warn({ context: logContext, reason }, message)
  }
}

/** What an operator should hear of, since the storage is in trouble. */
const TROUBLE: ReadonlySet<ErrorCode> = new Set(['unavailable', 'outcome_unknown'])

const CLOSE = { Connection: 'close' }

function retryLater(answer: Answer, seconds: number): Answer {
  return { ...answer, headers: { ...answer.headers, 'Retry-After': `${seconds}` } }
}
