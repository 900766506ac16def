/** Maps cassandra-driver's errors to the storage interface. Codes: native protocol version 4,
 * section 9. */
import { errors, types } from 'cassandra-driver'
import { type CommitResult, StorageUnavailableError } from '../driver.ts'

/** Cassandra gave up on a range, most likely because of more tombstones than its
 * `tombstone_failure_threshold`; protocol version 4 does not say why. A read of fewer rows may
 * succeed. */
export class DenseRangeError extends StorageUnavailableError {}

/** Cassandra did not answer in time. */
export class ReadTimeoutError extends StorageUnavailableError {}

const codes = types.responseErrorCodes

/** Errors with which Cassandra refuses a request before it does anything. */
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
  if (!(error instanceof Error)) return unavailable(error)
  if (error instanceof errors.OperationTimedOutError) return readTimeout(error)
  if (!(error instanceof errors.ResponseError)) return unavailable(error)
  if (error.code === codes.readTimeout) return readTimeout(error)
  // An index read above consistency ONE: a coordinator compares at most 32,000 tombstones.
  const filtering = error.code === codes.overloaded && FILTERING.test(error.message)
  const gaveUp = filtering || error.code === codes.readFailure
  return gaveUp ? new DenseRangeError(error.message, { cause: error }) : unavailable(error)
}

const FILTERING = /replica filtering protection/i

function readTimeout(error: Error): ReadTimeoutError {
  return new ReadTimeoutError(`Cassandra: ${error.message}`, { cause: error })
}

/** `serialLevel` is the consistency level of the commit's agreement. If Cassandra reports that this
 * level is unavailable, the agreement did not start; at another level the commit may already be
 * agreed. */
export function commitFailureOf(error: unknown, serialLevel: number): CommitResult {
  if (isCertain(error, serialLevel)) throw unavailable(error)
  // A node that answered does nothing more. One that did not may still have the request.
  const underWay = !(error instanceof errors.ResponseError)
  return { outcome: 'unknown', underWay, cause: error }
}

function isCertain(error: unknown, serialLevel: number): boolean {
  // The write was not sent: the driver does not retry one whose bytes were sent.
  if (error instanceof errors.NoHostAvailableError || error instanceof errors.BusyConnectionError) {
    return true
  }
  if (!(error instanceof errors.ResponseError)) return error instanceof StorageUnavailableError
  if (error.code === codes.unavailableException) {
    return 'consistencies' in error && error.consistencies === serialLevel
  }
  if (error.code === codes.overloaded) {
    // Too many hints: found while sending an agreed commit to the replicas.
    return !error.message.includes('hints')
  }
  return CERTAIN_CODES.has(error.code)
}

export function unavailable(error: unknown): StorageUnavailableError {
  if (error instanceof StorageUnavailableError) return error
  const message = error instanceof Error ? error.message : String(error)
  return new StorageUnavailableError(`Cassandra: ${message}`, { cause: error })
}
