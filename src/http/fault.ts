import type { Answer, Wire } from '../dialect/wire.ts'
import { IdentityUnavailableError } from '../identity/errors.ts'
import { MagnetoDBError } from '../model/errors.ts'
import type { Reason } from '../model/reasons.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Exchange } from './exchange.ts'
import { type Refusal, RefusalLog } from './refusal-log.ts'

/** Retry-After of a 503 without a time of its own. */
const RETRY_AFTER_SECONDS = 1

export interface FaultOptions {
  readonly log: Logger
}

/** Prebuilt refusals of a wire: under overload they must be cheap. */
interface Refusals {
  readonly tooManyRequests: Answer
  /** Closes the connection. */
  readonly tooManyConnections: Answer
}

/** Answers and logs failed requests of every kind. Unexpected errors are logged with their stack
 * and answered with 500 without details. */
export class Fault {
  readonly #log: Logger
  readonly #refusalLog: RefusalLog
  /** Created on first use. */
  readonly #refusals = new Map<Wire, Refusals>()

  constructor({ log }: FaultOptions) {
    this.#log = log
    this.#refusalLog = new RefusalLog(log)
  }

  send(error: unknown, exchange: Exchange): void {
    const known =
      error instanceof MagnetoDBError
        ? error
        : new MagnetoDBError({ is: 'internal' }, { cause: error })
    if (known.reason.is === 'caller_gone' || exchange.isGone) {
      exchange.abort()
      return
    }
    const answer = answerOf(known, exchange.wire)
    const refusal = refusalOf(known, answer.status)
    if (!exchange.isBegun) {
      if (refusal) this.#refusalLog.add(exchange, answer.status, refusal)
      exchange.send(answer)
      return
    }
    // `logUnfinished` has logged the progress of an upload.
    if (refusal && refusal.level !== 'info') this.#refusalLog.add(exchange, answer.status, refusal)
    exchange.abort()
  }

  /** Sends an answer that does not come from an error, and logs it if it is a refusal. */
  sendAsIs(answer: Answer, exchange: Exchange): void {
    this.noteStatus(answer.status, `${answer.body}`, exchange)
    exchange.send(answer)
  }

  /** Logs an answer that does not come from an error, if it is a refusal. */
  noteStatus(status: number, body: string, exchange: Exchange): void {
    if (status < BAD_REQUEST) return
    const reason = body.slice(0, BODY_SHOWN_CHARS)
    this.#refusalLog.add(exchange, status, { level: 'info', message: REFUSED, reason })
  }

  /** Logs the refusal of data that is no HTTP request. */
  noteUnparsed(
    status: number,
    reason: string,
    { requestId, address }: { readonly requestId: string; readonly address: string | undefined },
  ): void {
    const refused = { logContext: { requestId }, method: '-', target: '-', address }
    this.#refusalLog.add(refused, status, { level: 'info', message: REFUSED, reason })
  }

  refuse(refusal: keyof Refusals, exchange: Exchange): void {
    this.sendAsIs(this.#refusalsOf(exchange.wire)[refusal], exchange)
  }

  /** @param progress JSON about the work done before the failure */
  logUnfinished(error: unknown, { logContext }: Exchange, progress: string): void {
    const reason = error instanceof Error ? error.message : undefined
    const fields = { context: logContext, reason, progress: JSON.parse(progress) }
    this.#log.info(fields, 'not finished')
  }

  /** Logs suppressed lines. */
  close(): void {
    this.#refusalLog.close()
  }

  #refusalsOf(wire: Wire): Refusals {
    const made = this.#refusals.get(wire)
    if (made) return made
    const refusals = {
      tooManyRequests: answerOf(new MagnetoDBError({ is: 'too_many_requests' }), wire),
      tooManyConnections: answerOf(new MagnetoDBError({ is: 'too_many_connections' }), wire),
    }
    this.#refusals.set(wire, refusals)
    return refusals
  }
}

/** The wire's answer with the headers that HTTP requires. */
function answerOf(error: MagnetoDBError, wire: Wire): Answer {
  const answer = wire.encodeError(error)
  return { ...answer, headers: { ...answer.headers, ...headersOf(error) } }
}

function headersOf(error: MagnetoDBError): Readonly<Record<string, string>> {
  const { reason, code } = error
  switch (reason.is) {
    case 'body_too_slow':
      return CLOSE
    case 'content_encoding_unsupported':
      return { 'Accept-Encoding': 'identity' }
    case 'too_many_connections':
      return { ...retryAfter(RETRY_AFTER_SECONDS), ...CLOSE }
    case 'rate_exceeded':
      return retryAfter(reason.retryAfterSeconds)
    default:
      if (code !== 'unavailable') return {}
      return retryAfter(
        error instanceof IdentityUnavailableError ? error.retryAfterSeconds : RETRY_AFTER_SECONDS,
      )
  }
}

/** The log line for an error that was answered with this status. */
function refusalOf(error: MagnetoDBError, status: number): Refusal | undefined {
  const { code, message, reason, cause } = error
  // An expected outcome of conditional writes.
  if (reason.is === 'condition_failed') return undefined
  if (reason.is === 'internal') {
    return { level: 'error', message: 'unexpected error', error: cause }
  }
  // Without a cause, the error comes from one of the service's own limits.
  if (TROUBLE.has(reason.is) && cause !== undefined) {
    return { level: 'warn', message, reason: cause instanceof Error ? cause.message : undefined }
  }
  // Messages about invalid requests may quote parts of items.
  return { level: 'info', message: REFUSED, reason: status === BAD_REQUEST ? code : message }
}

const REFUSED = 'refused'
const BAD_REQUEST = 400
const BODY_SHOWN_CHARS = 200

/** Problems of the storage or its data, which operators should see. */
const TROUBLE: ReadonlySet<Reason['is']> = new Set([
  'storage_unavailable',
  'table_unreadable',
  'write_outcome_unknown',
  'table_outcome_unknown',
])

const CLOSE = { Connection: 'close' }

function retryAfter(seconds: number) {
  return { 'Retry-After': `${seconds}` }
}
