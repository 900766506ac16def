import type { AuthenticatedRequest, Authenticator } from '../authenticator.ts'
import { ForbiddenScopeError, IdentityUnavailableError, UnauthorizedError } from '../errors.ts'
import type { Identity } from '../request-context.ts'
import { type AccessRules, compileAccessRules } from './access-rules.ts'
import { CallSlots } from './call-slots.ts'
import { type Clock, systemClock } from './clock.ts'
import { HttpClient } from './http-client.ts'
import { type Log, OutageLog } from './log.ts'
import type { KeystoneOptions } from './options.ts'
import { ServiceToken } from './service-token.ts'
import { TokenCache, tokenKey } from './token-cache.ts'
import { validateToken } from './validation.ts'

const TOKEN = /^[\x21-\x7e]+$/
/** Keystone itself answers 431 to longer ones. */
const TOKEN_CHARACTERS_MAX = 8_190

const VALID_TOKENS_MAX = 10_000
const INVALID_TOKENS_MAX = 10_000
/** Short, as a token of a disabled project is valid again when the project is. */
const INVALID_TOKEN_TIME_MS = 10_000
const CALLS_IN_FLIGHT_MAX = 32
const CALLS_WAITING_MAX = 256

/** What is kept of a valid token. */
interface ValidToken {
  /** Undefined: not scoped to a project. */
  readonly identity: Identity | undefined
  readonly accessRules: AccessRules | undefined
}

export interface KeystoneParts {
  readonly options: KeystoneOptions
  readonly log: Log
  readonly clock?: Clock
}

/** Tokens that Keystone validates, one by one, and that are then remembered for a bounded time. */
export class KeystoneAuthenticator implements Authenticator {
  readonly wwwAuthenticate: string
  readonly #options: KeystoneOptions
  readonly #clock: Clock
  readonly #outages: OutageLog
  readonly #http: HttpClient
  readonly #serviceToken: ServiceToken
  readonly #slots = new CallSlots({ slots: CALLS_IN_FLIGHT_MAX, waitingMax: CALLS_WAITING_MAX })
  readonly #valid: TokenCache<ValidToken>
  readonly #invalid: TokenCache<true>
  readonly #underway = new Map<string, Promise<ValidToken>>()

  /** @throws when a file of the TLS options cannot be read */
  constructor({ options, log, clock = systemClock }: KeystoneParts) {
    this.wwwAuthenticate = `Keystone uri="${options.wwwAuthenticateUri ?? options.authUrl}"`
    this.#options = options
    this.#clock = clock
    this.#outages = new OutageLog(log, () => clock.monotonicMs())
    const http = new HttpClient({ retriesMax: options.requestRetriesMax, tls: options.tls })
    this.#http = http
    this.#serviceToken = new ServiceToken({ http, options, clock, log })
    this.#valid = new TokenCache({
      clock,
      entriesMax: VALID_TOKENS_MAX,
      cacheTimeMs: options.tokenCacheTimeSeconds * 1_000,
    })
    // Apart, so that forged tokens cannot push valid ones out.
    this.#invalid = new TokenCache({
      clock,
      entriesMax: INVALID_TOKENS_MAX,
      cacheTimeMs: INVALID_TOKEN_TIME_MS,
    })
  }

  /** Logs in ahead of the first request. A failure is logged, and tried again when needed. */
  async open(): Promise<void> {
    const login = this.#serviceToken.session(performance.now() + this.#options.requestTimeoutMs)
    await login.catch(() => undefined)
  }

  authenticate(
    header: string | undefined,
    request: AuthenticatedRequest,
  ): Identity | Promise<Identity> {
    const token = header?.trim()
    if (!token || token.length > TOKEN_CHARACTERS_MAX) throw new UnauthorizedError()
    const key = tokenKey(token)
    const known = this.#valid.get(key)
    if (known !== undefined) return admit(known, request)
    // Only now, as whatever is known has been checked before.
    if (!TOKEN.test(token) || this.#invalid.get(key)) throw new UnauthorizedError()
    return this.#validateOnce(key, token).then((valid) => admit(valid, request))
  }

  close(): void {
    this.#http.close()
    this.#valid.clear()
    this.#invalid.clear()
  }

  /** However many requests bring one new token, Keystone is asked once. */
  #validateOnce(key: string, token: string): Promise<ValidToken> {
    let validation = this.#underway.get(key)
    if (validation === undefined) {
      validation = this.#validate(key, token).finally(() => this.#underway.delete(key))
      this.#underway.set(key, validation)
    }
    return validation
  }

  async #validate(key: string, token: string): Promise<ValidToken> {
    const deadlineMs = performance.now() + this.#options.requestTimeoutMs
    const parts = { http: this.#http, serviceToken: this.#serviceToken }
    try {
      const body = await this.#slots.run(() => validateToken(parts, token, deadlineMs))
      this.#outages.succeeded()
      if (body === undefined || body.expiresAt <= this.#clock.wallMs()) {
        this.#invalid.set(key, true, Number.POSITIVE_INFINITY)
        throw new UnauthorizedError()
      }
      const { identity, expiresAt } = body
      const accessRules =
        body.accessRules && compileAccessRules(body.accessRules, this.#options.serviceType)
      const valid = { identity, accessRules }
      this.#valid.set(key, valid, expiresAt)
      return valid
    } catch (error) {
      if (error instanceof IdentityUnavailableError) this.#outages.failed(error.message)
      throw error
    }
  }
}

function admit(token: ValidToken, request: AuthenticatedRequest): Identity {
  if (token.identity === undefined) throw new ForbiddenScopeError()
  if (token.accessRules?.allows(request.method, request.path) === false) {
    throw new UnauthorizedError()
  }
  return token.identity
}
