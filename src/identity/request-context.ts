/** Who is calling, in the words of oslo.context. The core never sees a header or a token. */

/** One credential's identity, shared by all its requests. */
export interface Identity {
  readonly userId: string
  readonly userName?: string | undefined
  readonly userDomainId?: string | undefined
  /** The project that the credential is scoped to: `[A-Za-z0-9_.-]{1,64}`, compared exactly. */
  readonly projectId: string
  readonly projectName?: string | undefined
  readonly projectDomainId?: string | undefined
  /** As Keystone spells them, including implied roles. */
  readonly roles: ReadonlySet<string>
  /** True unless false: without an admin project in Keystone every project counts as one. */
  readonly isAdminProject?: boolean | undefined
  /** Milliseconds since 1970; `Infinity` if credentials do not expire. May be in the past if a
   * service continues a user's request. */
  readonly expiresAt: number
  /** The calling service, kept apart from the user: it has its own scope and roles. */
  readonly service?: ServiceIdentity | undefined
}

/** A service that passes on a user's request with its own token. */
export interface ServiceIdentity {
  readonly userId: string
  readonly projectId?: string | undefined
  /** As Keystone spells them, including implied roles. */
  readonly roles: ReadonlySet<string>
}

/** One request's identity and ids. */
export interface RequestContext extends Identity {
  /** Made here: `req-<uuid4>`. */
  readonly requestId: string
  /** The client's, if it sent a well-formed one. */
  readonly globalRequestId?: string | undefined
}

/** Copies field by field, so that all contexts have one hidden class. */
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
