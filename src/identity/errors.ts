/** Why a request has no identity. The wires map each kind to their own status and shape. */
export abstract class AuthenticationError extends Error {}

/** 401: no credential, or one that is not valid for this request. Says no more on purpose. */
export class UnauthorizedError extends AuthenticationError {
  override readonly name = 'UnauthorizedError'

  constructor() {
    super('The request you have made requires authentication.')
  }
}

/** 403: a valid credential that is not scoped to a project. One text for unscoped, domain and
 * system scope. */
export class ForbiddenScopeError extends AuthenticationError {
  override readonly name = 'ForbiddenScopeError'

  constructor() {
    super('A token scoped to a project is required.')
  }
}

/** 503: whether the credential is valid cannot be told now. The message is for our log, not for
 * the caller. */
export class IdentityUnavailableError extends AuthenticationError {
  override readonly name = 'IdentityUnavailableError'
  readonly retryAfterSeconds = 2
}
