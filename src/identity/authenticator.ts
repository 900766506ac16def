import type { Identity } from './request-context.ts'
import type { Signatures } from './signatures.ts'

/** `path` is normalised and has no query string. */
export interface AuthenticatedRequest {
  readonly method: string
  readonly path: string
  /** The service's type in the catalog. Default: the type of the data API. */
  readonly serviceType?: string | undefined
  /** IP address of the peer: the client, or a proxy. */
  readonly address?: string | undefined
  /** The raw value of `X-Forwarded-For`. */
  readonly forwardedFor?: string | undefined
  /** The raw value of `X-Service-Token`. */
  readonly serviceToken?: string | undefined
}

export interface Authenticator {
  /** The challenge of every 401. Undefined if the strategy has none. */
  readonly wwwAuthenticate: string | undefined

  /** Called once before serving. Does not fail if Keystone is unreachable. */
  open(): Promise<void>

  /**
   * The caller's identity if this process knows the token, else undefined: call `authenticate`.
   *
   * @param token the raw value of `X-Auth-Token`
   * @throws UnauthorizedError or ForbiddenScopeError
   */
  known(token: string | undefined, request: AuthenticatedRequest): Identity | undefined

  /**
   * The caller's identity. Asks Keystone or memcached if this process does not know the token.
   *
   * @throws UnauthorizedError, ForbiddenScopeError or IdentityUnavailableError, and no other
   */
  authenticate(token: string | undefined, request: AuthenticatedRequest): Promise<Identity>

  /**
   * The caller with this access key, without a check of the signature. Exists only without
   * authentication.
   *
   * @throws UnauthorizedError
   */
  byAccessKey?(accessKey: string): Identity

  /** Verifies signed requests. Absent if there is `byAccessKey`. */
  readonly signatures?: Signatures

  /** Rejects if the Identity service is unreachable. */
  probe(): Promise<void>

  close(): void
}
