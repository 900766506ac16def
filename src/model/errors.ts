/**
 * Every way in which an operation can fail, in the core's words. Each wire maps all of them to its
 * own status and body (`satisfies Record<ErrorCode, …>`), so a new code does not compile until
 * every wire knows it. Once published a code does not change.
 */
export type ErrorCode =
  | 'validation'
  | 'invalid_update'
  | 'table_not_found'
  | 'table_exists'
  | 'condition_failed'
  | 'forbidden'
  | 'route_not_found'
  | 'method_not_allowed'
  | 'body_too_large'
  | 'unsupported_encoding'
  | 'unavailable'
  | 'outcome_unknown'
  | 'internal'

/** The message is for the user and names nothing internal. */
export class MagnetoDBError extends Error {
  override readonly name = 'MagnetoDBError'
  readonly code: ErrorCode

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options)
    this.code = code
  }
}

export function validationError(message: string): MagnetoDBError {
  return new MagnetoDBError('validation', message)
}
