import type { Identity } from './request-context.ts'

/** The request as it was routed: `path` is normalised and has no query string. */
export interface AuthenticatedRequest {
  readonly method: string
  readonly path: string
  /** As the catalog has it; unset, the data API's. */
  readonly serviceType?: string | undefined
  /** The IP address of whoever is connected: the client, or a proxy. */
  readonly address?: string | undefined
  /** The raw value of `X-Forwarded-For`. */
  readonly forwardedFor?: string | undefined
  /** The raw value of `X-Service-Token`. */
  readonly serviceToken?: string | undefined
}

export interface Authenticator {
  /** Sent with every 401; undefined where the strategy has no challenge. */
  readonly wwwAuthenticate: string | undefined

  /** Called once before serving. Never fails because another service is down. */
  open(): Promise<void>

  /**
   * Who calls, as far as this process knows; undefined where somebody has to be asked.
   *
   * @param token the raw value of `X-Auth-Token`
   * @throws UnauthorizedError or ForbiddenScopeError
   */
  known(token: string | undefined, request: AuthenticatedRequest): Identity | undefined

  /**
   * Who calls, after asking elsewhere where that is not known.
   *
   * @throws (rejects with) UnauthorizedError, ForbiddenScopeError or IdentityUnavailableError, and
   *   nothing else
   */
  authenticate(token: string | undefined, request: AuthenticatedRequest): Promise<Identity>

  /**
   * Who calls by an access key. Only where no key has a secret that could be checked.
   *
   * @throws UnauthorizedError
   */
  byAccessKey?(accessKey: string): Identity

  /** Rejects when who is asked about tokens does not answer. */
  probe(): Promise<void>

  close(): void
}
