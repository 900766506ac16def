import { MagnetoDBError } from '../model/errors.ts'

/** 401: no credential, or one that is not valid for this request. Deliberately gives no detail. */
export class UnauthorizedError extends MagnetoDBError {
  override readonly name = 'UnauthorizedError'

  constructor() {
    super({ is: 'unauthenticated' })
  }
}

/** 403: the credential is valid but unscoped, or scoped to a domain or the system. */
export class ForbiddenScopeError extends MagnetoDBError {
  override readonly name = 'ForbiddenScopeError'

  constructor() {
    super({ is: 'scope_missing' })
  }
}

/** 503: the credential cannot be validated now. The message goes to the log, not to the caller. */
export class IdentityUnavailableError extends MagnetoDBError {
  override readonly name = 'IdentityUnavailableError'
  override readonly message: string
  readonly retryAfterSeconds = 2

  constructor(message: string, options?: ErrorOptions) {
    super({ is: 'identity_unavailable' }, options)
    this.message = message
  }
}
