/**
 * Who is calling, in oslo.context's words. The core sees only this: never a header or a token.
 */

/** What one credential says. Built once per credential and shared by all its requests. */
export interface Identity {
  readonly userId: string
  readonly userName?: string | undefined
  readonly userDomainId?: string | undefined
  /** The project that the credential is scoped to: `[A-Za-z0-9_.-]{1,64}`, compared exactly. */
  readonly projectId: string
  readonly projectName?: string | undefined
  readonly projectDomainId?: string | undefined
  /** Lower case, implied roles included. */
  readonly roles: ReadonlySet<string>
  /** Milliseconds since 1970; `Infinity` where credentials do not expire. */
  readonly expiresAt: number
}

/** One request's identity and ids. */
export interface RequestContext extends Identity {
  /** Ours: `req-<uuid4>`. */
  readonly requestId: string
  /** The caller's, when it sent a well-formed one. */
  readonly globalRequestId?: string | undefined
}

/** Field by field, so that every context has one shape whatever the identity was made from. */
export function createRequestContext(
  identity: Identity,
  requestId: string,
  globalRequestId?: string,
): RequestContext {
  return {
    userId: identity.userId,
    userName: identity.userName,
    userDomainId: identity.userDomainId,
    projectId: identity.projectId,
    projectName: identity.projectName,
    projectDomainId: identity.projectDomainId,
    roles: identity.roles,
    expiresAt: identity.expiresAt,
    requestId,
    globalRequestId,
  }
}
