import { MagnetoDBError } from '../model/errors.ts'

/** 401: no credential, or one that is not valid for this request. Says no more on purpose. */
export class UnauthorizedError extends MagnetoDBError {
  override readonly name = 'UnauthorizedError'

  constructor() {
    super({ is: 'unauthenticated' })
  }
}

/** 403: a valid credential that is not scoped to a project. One reason for unscoped, domain and
 * system scope. */
export class ForbiddenScopeError extends MagnetoDBError {
  override readonly name = 'ForbiddenScopeError'

  constructor() {
    super({ is: 'scope_missing' })
  }
}

/** 503: whether the credential is valid cannot be told now. The message is for our log, not for
 * the caller. */
export class IdentityUnavailableError extends MagnetoDBError {
  override readonly name = 'IdentityUnavailableError'
  override readonly message: string
  readonly retryAfterSeconds = 2

  constructor(message: string, options?: ErrorOptions) {
    super({ is: 'identity_unavailable' }, options)
    this.message = message
  }
}
