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
  /** As Keystone spells them, implied roles included. */
  readonly roles: ReadonlySet<string>
  /** Unless false: where Keystone has no admin project, every project counts as it. */
  readonly isAdminProject?: boolean | undefined
  /** Milliseconds since 1970; `Infinity` where credentials do not expire. In the past only when a
   * service passes on what it began before. */
  readonly expiresAt: number
  /** Never mixed with what the user is: a service's scope and roles are its own. */
  readonly service?: ServiceIdentity | undefined
}

/** A service that passes a user's request on and shows its own token beside the user's. */
export interface ServiceIdentity {
  readonly userId: string
  readonly projectId?: string | undefined
  /** As Keystone spells them, implied roles included. */
  readonly roles: ReadonlySet<string>
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
    isAdminProject: identity.isAdminProject,
    expiresAt: identity.expiresAt,
    service: identity.service,
    requestId,
    globalRequestId,
  }
}
