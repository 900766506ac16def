import { type Clock, systemClock } from '../../cache/clock.ts'
import { addressGroup } from '../address-group.ts'
import type { AuthenticatedRequest, Authenticator } from '../authenticator.ts'
import { ForbiddenScopeError, UnauthorizedError } from '../errors.ts'
import type { Identity } from '../request-context.ts'
import { TrustedProxies } from '../trusted-proxies.ts'
import { HttpClient } from './http-client.ts'
import { type KeystoneLog, OutageLog } from './log.ts'
import { ServiceToken } from './login/service-token.ts'
import type { KeystoneOptions } from './options.ts'
import { REVOCATION_POLL_INTERVAL_MS, RevocationPoller } from './revocation/poller.ts'
import { JwsCheck } from './tokens/jws-check.ts'
import { SharedTokenCache } from './tokens/shared-token-cache.ts'
import { TokenVerifier, type ValidToken } from './tokens/token-verifier.ts'

/** A token may stay so long in memcached and then so long in a process's memory, and all in all no
 * longer than `token_cache_time`. */
const SHARED_TIME_SHARE = 0.9

export interface KeystoneAuthenticatorParts {
  readonly options: KeystoneOptions
  readonly log: KeystoneLog
  readonly clock?: Clock
}

/** Tokens that Keystone validates, one by one, and that are then remembered for a bounded time. */
export class KeystoneAuthenticator implements Authenticator {
  readonly wwwAuthenticate: string
  /** Undefined without memcached. */
  readonly shared: SharedTokenCache | undefined
  readonly #options: KeystoneOptions
  readonly #http: HttpClient
  readonly #proxies: TrustedProxies
  readonly #serviceToken: ServiceToken
  readonly #revocations: RevocationPoller
  readonly #tokens: TokenVerifier

  /** @throws when a file of the TLS options cannot be read */
  constructor({ options, log, clock = systemClock }: KeystoneAuthenticatorParts) {
    this.wwwAuthenticate = `Keystone uri="${options.wwwAuthenticateUri ?? options.authUrl}"`
    this.#options = options
    const { requestTimeoutMs } = options
    const http = new HttpClient({ retriesMax: options.requestRetriesMax, tls: options.tls })
    this.#http = http
    this.#proxies = new TrustedProxies(options.trustedProxies ?? [])
    const serviceToken = new ServiceToken({ http, options, clock, log })
    this.#serviceToken = serviceToken
    const cacheTimeMs = options.tokenCacheTimeSeconds * 1_000
    const isShared = options.sharedCache !== undefined && cacheTimeMs > 0
    this.#revocations = new RevocationPoller({
      ...{ http, serviceToken, clock, log, requestTimeoutMs, cacheTimeMs, isShared },
      onRevoked: (events) => this.#tokens.revoke(events),
    })
    const seconds = Math.max(1, Math.floor(options.tokenCacheTimeSeconds * SHARED_TIME_SHARE))
    this.shared = isShared
      ? new SharedTokenCache(options.sharedCache, { seconds, clock, log })
      : undefined
    this.#tokens = new TokenVerifier({
      ...{ http, serviceToken, clock, requestTimeoutMs, cacheTimeMs },
      processes: options.processes ?? 1,
      outages: new OutageLog(log, () => clock.monotonicMs()),
      sharedCacheTimeMs: cacheTimeMs * (1 - SHARED_TIME_SHARE),
      shared: this.shared,
      revocations: this.#revocations,
      jws: options.jwsKeyFolder ? new JwsCheck(options.jwsKeyFolder, clock, log) : undefined,
    })
  }

  /** Logs in ahead of the first request. A failure is logged, and tried again when needed. */
  async open(): Promise<void> {
    const login = this.#serviceToken.session(performance.now() + this.#options.requestTimeoutMs)
    await login.catch(() => undefined)
    // What is forgotten sooner than that needs no telling; memcached may be made to remember.
    const isKept = this.#options.tokenCacheTimeSeconds * 1_000 > REVOCATION_POLL_INTERVAL_MS
    if (isKept || this.shared !== undefined) await this.#revocations.start()
  }

  known(header: string | undefined, request: AuthenticatedRequest): Identity | undefined {
    if (request.serviceToken) return undefined
    const token = this.#tokens.known(header, false)
    return token && this.#admit(token, request)
  }

  async authenticate(header: string | undefined, request: AuthenticatedRequest): Promise<Identity> {
    if (request.serviceToken) return this.#authenticateChain(header, request)
    const use = { addressOf: () => this.#addressOf(request), allowExpired: false }
    return this.#admit(await this.#tokens.verify(header, use), request)
  }

  /** Asks for Keystone's version document, which needs no token. */
  async probe(): Promise<void> {
    const { authUrl: url, requestTimeoutMs } = this.#options
    const deadlineMs = performance.now() + requestTimeoutMs
    const { status } = await this.#http.request({ method: 'GET', url, headers: {}, deadlineMs })
    if (status >= 500) throw new Error(`Keystone answered ${status}`)
  }

  close(): void {
    this.#revocations.close()
    this.#http.close()
    this.#tokens.close()
    this.shared?.close()
  }

  #addressOf({ address, forwardedFor }: AuthenticatedRequest): string {
    return addressGroup(this.#proxies.clientOf(address, forwardedFor))
  }

  /**
   * A service passes a user's request on. Its own token says whether it may do so with a user's
   * token that has expired since, and with one whose access rules are for the first service of the
   * chain; it never says anything about the user.
   */
  async #authenticateChain(
    header: string | undefined,
    request: AuthenticatedRequest,
  ): Promise<Identity> {
    const { serviceTokenRoles, serviceTokenRolesRequired } = this.#options
    const addressOf = () => this.#addressOf(request)
    const { service } = await this.#tokens.verify(request.serviceToken, {
      addressOf,
      allowExpired: false,
    })
    const isTrusted = serviceTokenRoles.some((role) => service.roles.has(role))
    if (serviceTokenRolesRequired && !isTrusted) throw new UnauthorizedError()
    const user = await this.#tokens.verify(header, { addressOf, allowExpired: isTrusted })
    const identity = isTrusted ? admitScope(user) : this.#admit(user, request)
    return { ...identity, service }
  }

  #admit(token: ValidToken, { serviceType, method, path }: AuthenticatedRequest): Identity {
    const identity = admitScope(token)
    const service = serviceType ?? this.#options.serviceType
    if (token.accessRules?.allows(service, method, path) === false) throw new UnauthorizedError()
    return identity
  }
}

function admitScope({ identity }: ValidToken): Identity {
  if (identity === undefined) throw new ForbiddenScopeError()
  return identity
}
