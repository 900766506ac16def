/**
 * What cassandra-driver's errors mean to the storage interface. The codes are those of the native
 * protocol, version 4, section 9.
 */
import { errors, types } from 'cassandra-driver'
import { type CommitResult, StorageUnavailableError } from '../driver.ts'

/** Cassandra gave up on a range, most likely because of deleted rows beyond its
 * `tombstone_failure_threshold`: version 4 of the protocol does not say why. A narrower range may
 * succeed. */
export class DenseRangeError extends StorageUnavailableError {}

const codes = types.responseErrorCodes

/** The server refused before it did anything. */
const CERTAIN_CODES: ReadonlySet<number> = new Set([
  codes.protocolError,
  codes.badCredentials,
  codes.isBootstrapping,
  codes.syntaxError,
  codes.unauthorized,
  codes.invalid,
  codes.configError,
  codes.unprepared,
])

export function readFailureOf(error: unknown): Error {
  const failed = error instanceof errors.ResponseError && error.code === codes.readFailure
  return failed ? new DenseRangeError(error.message, { cause: error }) : unavailable(error)
}

/** `serialLevel`: the level at which a commit is agreed on. Unavailable at that level is a refusal
 * to start; at another it may have come after the agreement. */
export function commitFailureOf(error: unknown, serialLevel: number): CommitResult {
  if (isCertain(error, serialLevel)) throw unavailable(error)
  // A node that gave an answer begins nothing more. One that gave none may still have the request.
  const underWay = !(error instanceof errors.ResponseError)
  return { outcome: 'unknown', underWay, cause: error }
}

function isCertain(error: unknown, serialLevel: number): boolean {
  // The request was written to no connection: the driver repeats no write whose bytes were sent.
  if (error instanceof errors.NoHostAvailableError || error instanceof errors.BusyConnectionError) {
    return true
  }
  if (!(error instanceof errors.ResponseError)) return error instanceof StorageUnavailableError
  if (error.code === codes.unavailableException) {
    return 'consistencies' in error && error.consistencies === serialLevel
  }
  if (error.code === codes.overloaded) {
    // Too many hints in flight is found out when an agreed commit is sent to the replicas.
    return !error.message.includes('hints')
  }
  return CERTAIN_CODES.has(error.code)
}

/** Whether the node or the client gave up waiting. */
export function isTimeOut(error: unknown): boolean {
  const cause = error instanceof StorageUnavailableError ? error.cause : error
  return (
    cause instanceof errors.OperationTimedOutError ||
    (cause instanceof errors.ResponseError && cause.code === codes.readTimeout)
  )
}

export function unavailable(error: unknown): StorageUnavailableError {
  if (error instanceof StorageUnavailableError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new StorageUnavailableError(`Cassandra: ${message}`, { cause: error })
}
