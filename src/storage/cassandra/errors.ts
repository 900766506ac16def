/**
 * What cassandra-driver's errors mean to the storage interface. The codes are those of the native
 * protocol, version 4, section 9.
 */
import { errors, types } from 'cassandra-driver'
import { type CommitResult, StorageUnavailableError } from '../driver.ts'

/** Cassandra gave up on a range because of what it has to skip there: deleted rows beyond
 * `tombstone_failure_threshold`, or beyond `cached_replica_rows_fail_threshold` in a scan. A
 * narrower range may succeed. */
export class DenseRangeError extends Error {
  override readonly name = 'DenseRangeError'
}

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
  if (error instanceof errors.ResponseError) {
    const { code, message } = error
    // Version 4 of the protocol does not say why a replica failed.
    if (code === codes.readFailure || message.includes('cached_replica_rows_fail_threshold')) {
      return new DenseRangeError(message, { cause: error })
    }
  }
  return unavailable(error)
}

/** `serialLevel`: the level at which a commit is agreed on. Unavailable at that level is a refusal
 * to start; at another it may have come after the agreement. */
export function commitFailureOf(error: unknown, serialLevel: number): CommitResult {
  if (isCertain(error, serialLevel)) {
    throw unavailable(error)
  }
  return { outcome: 'unknown', cause: error }
}

function isCertain(error: unknown, serialLevel: number): boolean {
  // The request was written to no connection: the driver repeats no write whose bytes were sent.
  if (error instanceof errors.NoHostAvailableError || error instanceof errors.BusyConnectionError) {
    return true
  }
  if (!(error instanceof errors.ResponseError)) {
    return error instanceof StorageUnavailableError
  }
  if (error.code === codes.unavailableException) {
    return 'consistencies' in error && error.consistencies === serialLevel
  }
  if (error.code === codes.overloaded) {
    // Too many hints in flight is found out when an agreed commit is sent to the replicas.
    return !error.message.includes('hints')
  }
  return CERTAIN_CODES.has(error.code)
}

export function unavailable(error: unknown): StorageUnavailableError {
  if (error instanceof StorageUnavailableError) {
    return error
  }
  const message = error instanceof Error ? error.message : String(error)
  return new StorageUnavailableError(`Cassandra: ${message}`, { cause: error })
}
