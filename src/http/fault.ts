import type { Answer, Wire } from '../dialect/wire.ts'
import { IdentityUnavailableError } from '../identity/errors.ts'
import { MagnetoDBError } from '../model/errors.ts'
import type { Reason } from '../model/reasons.ts'
import type { Logger } from '../telemetry/logger.ts'
import type { Exchange } from './exchange.ts'
import { type Refusal, RefusalLog } from './refusal-log.ts'

/** Told to whoever was refused for lack of room or of a service that we need. */
const RETRY_AFTER_SECONDS = 1

export interface FaultOptions {
  readonly log: Logger
}

/** Refusals of a wire that must cost little, because they are made when there is too much to do. */
interface Refusals {
  readonly tooManyRequests: Answer
  /** It ends the connection. */
  readonly tooManyConnections: Answer
}

/**
 * Answers a request that failed, in the one place where errors of every kind end, and logs it. What
 * nobody foresaw is logged with its stack and answered 500 without a word about our inside.
 */
export class Fault {
  readonly #log: Logger
  readonly #refusalLog: RefusalLog
  /** Of each wire, made once. */
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
    // What an upload had done by then has been logged.
    if (refusal && refusal.level !== 'info') this.#refusalLog.add(exchange, answer.status, refusal)
    exchange.abort()
  }

  /** Sends an answer that may be a refusal and comes from no error. */
  sendAsIs(answer: Answer, exchange: Exchange): void {
    this.noteStatus(answer.status, `${answer.body}`, exchange)
    exchange.send(answer)
  }

  /** Logs an answer that comes from no error, if it is a refusal. */
  noteStatus(status: number, body: string, exchange: Exchange): void {
    if (status < BAD_REQUEST) return
    const reason = body.slice(0, BODY_SHOWN_CHARS)
    this.#refusalLog.add(exchange, status, { level: 'info', message: REFUSED, reason })
  }

  /** Logs the answer to what no request could be made of. */
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

  /** `progress` is what was done of a request before it failed or its caller left, as JSON. */
  logUnfinished(error: unknown, { logContext }: Exchange, progress: string): void {
    const reason = error instanceof Error ? error.message : undefined
    const fields = { context: logContext, reason, progress: JSON.parse(progress) }
    this.#log.info(fields, 'not finished')
  }

  /** Tells the log of what has had no line yet. */
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

/** In the wire's shape, with what HTTP itself says of it. */
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

/** What an operator should hear of: the storage, or what is in it, is in trouble. */
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
