import { type Clock, systemClock } from '../../cache/clock.ts'
import { addressGroup } from '../address-group.ts'
import type { AuthenticatedRequest, Authenticator } from '../authenticator.ts'
import { ForbiddenScopeError, UnauthorizedError } from '../errors.ts'
import type { Identity } from '../request-context.ts'
import type { SignedOrigin } from '../signatures.ts'
import { TrustedProxies } from '../trusted-proxies.ts'
import { CallLimits } from './call-limits.ts'
import { Ec2Keystone } from './ec2/ec2-keystone.ts'
import { OwnToken } from './ec2/own-token.ts'
import { SecretAccess } from './ec2/secret-access.ts'
import { SignatureVerifier } from './ec2/signature-verifier.ts'
import { HttpClient } from './http-client.ts'
import { KeystoneCalls } from './keystone-calls.ts'
import { type KeystoneLog, OutageLog } from './log.ts'
import { ServiceToken } from './login/service-token.ts'
import type { KeystoneOptions } from './options.ts'
import { REVOCATION_POLL_INTERVAL_MS, RevocationPoller } from './revocation/poller.ts'
import { JwsCheck } from './tokens/jws-check.ts'
import { SharedTokenCache } from './tokens/shared-token-cache.ts'
import { TokenVerifier, type ValidToken } from './tokens/token-verifier.ts'

/** Part of `token_cache_time` for which memcached keeps a token. The rest is left for a process
 * that reads it there. */
const SHARED_TIME_SHARE = 0.9
/** Type of the data API in the catalog. */
const DATA_SERVICE_TYPE = 'kv-storage'

export interface KeystoneAuthenticatorParts {
  readonly options: KeystoneOptions
  readonly log: KeystoneLog
  readonly clock?: Clock
}

/** Validates tokens with Keystone and caches them for `token_cache_time`. */
export class KeystoneAuthenticator implements Authenticator {
  readonly wwwAuthenticate: string
  /** Undefined if memcached is not used. */
  readonly shared: SharedTokenCache | undefined
  readonly #options: KeystoneOptions
  readonly #requestTimeoutMs: number
  /** Milliseconds for which this process caches Keystone's answers. */
  readonly #keptForMs: number
  readonly #http: HttpClient
  readonly #proxies: TrustedProxies
  readonly #serviceToken: ServiceToken
  readonly #revocations: RevocationPoller
  readonly #tokens: TokenVerifier
  readonly signatures: SignatureVerifier

  /** @throws if a TLS file for memcached cannot be read */
  constructor({ options, log, clock = systemClock }: KeystoneAuthenticatorParts) {
    this.wwwAuthenticate = `Keystone uri="${options.www_authenticate_uri ?? options.auth_url}"`
    this.#options = options
    const requestTimeoutMs = options.http_connect_timeout * 1_000
    this.#requestTimeoutMs = requestTimeoutMs
    const http = new HttpClient({ retriesMax: options.http_request_max_retries, tls: options })
    this.#http = http
    this.#proxies = new TrustedProxies(options.trusted_proxies)
    const serviceToken = new ServiceToken({ http, options, clock, log })
    this.#serviceToken = serviceToken
    const cacheTimeMs = options.token_cache_time * 1_000
    const isShared = options.memcached_servers !== undefined && cacheTimeMs > 0
    const keyTimeMs = options.ec2_secret_cache_seconds * 1_000
    this.#keptForMs = Math.max(cacheTimeMs, keyTimeMs)
    this.#revocations = new RevocationPoller({
      ...{ http, serviceToken, clock, log, requestTimeoutMs, cacheTimeMs, isShared },
      onRevoked: (events) => {
        this.#tokens.revoke(events)
        this.signatures.revoke(events)
      },
    })
    const limits = new CallLimits(options.workers, () => clock.monotonicMs())
    const outages = new OutageLog(log, () => clock.monotonicMs())
    const calls = new KeystoneCalls(limits, outages)
    const seconds = Math.max(1, Math.floor(options.token_cache_time * SHARED_TIME_SHARE))
    this.shared = isShared ? new SharedTokenCache(options, { seconds, clock, log }) : undefined
    const keyFolder = options.jws_public_key_repository
    this.#tokens = new TokenVerifier({
      ...{ http, serviceToken, clock, requestTimeoutMs, cacheTimeMs },
      ...{ limits, calls },
      sharedCacheTimeMs: cacheTimeMs * (1 - SHARED_TIME_SHARE),
      shared: this.shared,
      revocations: this.#revocations,
      jws: keyFolder === undefined ? undefined : new JwsCheck(keyFolder, clock, log),
    })
    const systemToken = new ServiceToken({ http, options, clock, log, scope: 'system' })
    const ownToken = new OwnToken({ http, serviceToken, clock })
    // Keystone never shows credentials to a token of an application credential.
    const isDelegated = options.auth_type === 'v3applicationcredential'
    this.signatures = new SignatureVerifier({
      keystone: new Ec2Keystone({ http, serviceToken, systemToken, ownToken, calls }),
      secrets: new SecretAccess(clock, log, keyTimeMs > 0 && !isDelegated),
      ...{ limits, clock, requestTimeoutMs, revocations: this.#revocations },
      ...{ cacheTimeMs: keyTimeMs, outageTimeMs: this.#keptForMs },
      serviceType: options.service_type ?? DATA_SERVICE_TYPE,
      addressOf: (origin) => this.#addressOf(origin),
    })
  }

  /** Logs in ahead of the first request. A failure is logged, and retried on demand. */
  async open(): Promise<void> {
    const login = this.#serviceToken.session(performance.now() + this.#requestTimeoutMs)
    await login.catch(() => undefined)
    // If entries are cached for less than a poll's interval, and memcached is not used, polling is
    // useless.
    const isKept = this.#keptForMs > REVOCATION_POLL_INTERVAL_MS
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

  /** Requests Keystone's version document, which needs no token. */
  async probe(): Promise<void> {
    const { auth_url: url } = this.#options
    const deadlineMs = performance.now() + this.#requestTimeoutMs
    const { status } = await this.#http.request({ method: 'GET', url, headers: {}, deadlineMs })
    if (status >= 500) throw new Error(`Keystone answered ${status}`)
  }

  close(): void {
    this.#revocations.close()
    this.#http.close()
    this.#tokens.close()
    this.signatures.close()
    this.shared?.close()
  }

  #addressOf({ address, forwardedFor }: SignedOrigin): string {
    return addressGroup(this.#proxies.clientOf(address, forwardedFor))
  }

  /** Admits a user's request that a service passes on. If the service's token has the required
   * role, the user's token may have expired, and its access rules may be for the first service of
   * the chain. The service's roles never count as the user's. */
  async #authenticateChain(
    header: string | undefined,
    request: AuthenticatedRequest,
  ): Promise<Identity> {
    const addressOf = () => this.#addressOf(request)
    const { service } = await this.#tokens.verify(request.serviceToken, {
      addressOf,
      allowExpired: false,
    })
    const isTrusted = this.#options.service_token_roles.some((role) => service.roles.has(role))
    if (this.#options.service_token_roles_required && !isTrusted) throw new UnauthorizedError()
    const user = await this.#tokens.verify(header, { addressOf, allowExpired: isTrusted })
    const identity = isTrusted ? admitScope(user) : this.#admit(user, request)
    return { ...identity, service }
  }

  #admit(token: ValidToken, { serviceType, method, path }: AuthenticatedRequest): Identity {
    const identity = admitScope(token)
    const service = serviceType ?? this.#options.service_type ?? DATA_SERVICE_TYPE
    if (token.accessRules?.allows(service, method, path) === false) throw new UnauthorizedError()
    return identity
  }
}

function admitScope({ identity }: ValidToken): Identity {
  if (identity === undefined) throw new ForbiddenScopeError()
  return identity
}
