import type { Clock } from '../../../cache/clock.ts'
import { IdentityUnavailableError } from '../../errors.ts'
import type { HttpClient } from '../http-client.ts'
import type { KeystoneLog } from '../log.ts'
import type { KeystoneOptions } from '../options.ts'
import { UnansweredError } from '../unanswered-error.ts'
import { identityEndpoint } from './endpoint.ts'
import { LoginRefusedError, type LoginScope, logIn } from './service-login.ts'

/** Part of a token's lifetime after which it is renewed in the background. */
const RENEW_AT_LIFE_SHARE = 0.8
const RETRY_AFTER_FAILURE_MS = 500
/** The pause after a refused login doubles each time, since Keystone may lock the user. */
const RETRY_AFTER_REFUSAL_MIN_MS = 1_000
const RETRY_AFTER_REFUSAL_MAX_MS = 30_000

/** The service's own token, and the endpoint to use it at. */
export interface ServiceSession {
  readonly token: string
  /** URL for validating tokens; ends in `/v3`. */
  readonly endpoint: string
}

interface TimedSession extends ServiceSession {
  readonly startedAtMs: number
  readonly renewAtMs: number
  readonly endsAtMs: number
}

/** Keeps one session and renews it on use, in the background while the old one is valid. At most
 * one login is in flight. */
export class ServiceToken {
  readonly #http: HttpClient
  readonly #options: KeystoneOptions
  readonly #clock: Clock
  readonly #log: KeystoneLog
  readonly #scope: LoginScope
  #session: TimedSession | undefined
  #login: Promise<TimedSession> | undefined
  #retryAtMs = Number.NEGATIVE_INFINITY
  #failure: IdentityUnavailableError | undefined
  #refusals = 0

  constructor(parts: {
    http: HttpClient
    options: KeystoneOptions
    clock: Clock
    log: KeystoneLog
    /** Default: `project`. */
    scope?: LoginScope
  }) {
    this.#http = parts.http
    this.#options = parts.options
    this.#clock = parts.clock
    this.#log = parts.log
    this.#scope = parts.scope ?? 'project'
  }

  /**
   * @param deadlineMs a time of `performance.now()`
   * @throws IdentityUnavailableError if there is no session and no login is possible now
   */
  async session(deadlineMs: number): Promise<ServiceSession> {
    const session = this.#session
    const now = this.#clock.monotonicMs()
    if (session === undefined || now >= session.endsAtMs) return this.#renew(now, deadlineMs)
    // The failure is logged, and reaches callers once the old session has ended.
    if (now >= session.renewAtMs) this.#renew(now, deadlineMs).catch(() => undefined)
    return session
  }

  /**
   * A session other than the one that Keystone refused. A session that is refused right after its
   * login is not replaced, since another login would not help.
   *
   * @throws IdentityUnavailableError
   */
  async sessionAfter(refused: ServiceSession, deadlineMs: number): Promise<ServiceSession> {
    const session = this.#session
    if (session?.token === refused.token) {
      const now = this.#clock.monotonicMs()
      if (now - session.startedAtMs < RETRY_AFTER_REFUSAL_MIN_MS) {
        throw new IdentityUnavailableError("Keystone refuses the service's new token")
      }
      this.#session = undefined
    }
    return this.session(deadlineMs)
  }

  async #renew(now: number, deadlineMs: number): Promise<TimedSession> {
    if (this.#login !== undefined) return this.#login
    if (this.#failure !== undefined && now < this.#retryAtMs) throw this.#failure
    this.#login = this.#logIn(now, deadlineMs).finally(() => {
      this.#login = undefined
    })
    return this.#login
  }

  async #logIn(now: number, deadlineMs: number): Promise<TimedSession> {
    try {
      const login = await logIn(this.#http, this.#options, deadlineMs, this.#scope)
      const { token, lifetimeMs, catalog } = login
      const endpoint = identityEndpoint(this.#options, catalog)
      this.#session = {
        token,
        endpoint,
        startedAtMs: now,
        renewAtMs: now + lifetimeMs * RENEW_AT_LIFE_SHARE,
        endsAtMs: now + lifetimeMs,
      }
      this.#refusals = 0
      this.#log.info({ endpoint, lifetimeMs, scope: this.#scope }, 'logged in to Keystone')
      return this.#session
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : 'unknown failure'
      const isRefusal = cause instanceof LoginRefusedError
      const pauseMs = isRefusal ? this.#pauseAfterRefusal() : RETRY_AFTER_FAILURE_MS
      this.#retryAtMs = this.#clock.monotonicMs() + pauseMs
      // Most users have no role on the system. The caller logs the consequence.
      const isUsual = isRefusal && !cause.isForNow && this.#scope === 'system'
      if (!isUsual) {
        this.#log.error({ reason, pauseMs, scope: this.#scope }, 'cannot log in to Keystone')
      }
      this.#failure = isRefusal
        ? new IdentityUnavailableError(reason, { cause })
        : new UnansweredError(reason, { cause })
      throw this.#failure
    }
  }

  #pauseAfterRefusal(): number {
    const pauseMs = RETRY_AFTER_REFUSAL_MIN_MS * 2 ** this.#refusals++
    return Math.min(pauseMs, RETRY_AFTER_REFUSAL_MAX_MS)
  }
}
