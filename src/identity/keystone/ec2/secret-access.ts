import type { Clock } from '../../../cache/clock.ts'
import type { KeystoneLog } from '../log.ts'
import type { LoginScope } from '../login/service-login.ts'
import type { CredentialRefusal } from './credential.ts'

/** Milliseconds for which a refusal is valid. After that, the service tries again. */
const REFUSAL_MS = 10 * 60 * 1_000
/** The same if Keystone refuses the login for now, and for the first refusals after a secret was
 * read: a tenant can cause one by creating or deleting a credential between two calls about it. */
const DOUBTFUL_REFUSAL_MS = 10 * 1_000
const DOUBTFUL_REFUSALS_MAX = 60

/**
 * Learns from Keystone's answers with which token the service may read the secrets of EC2
 * credentials: with its usual, project-scoped one if a policy rule allows it, else with a
 * system-scoped one if the service's user has a role on the system, else with none.
 */
export class SecretAccess {
  readonly #clock: Clock
  readonly #log: KeystoneLog
  /** The scope to try after the refusals that are still valid. */
  #left: LoginScope | undefined
  #refusalsEndAtMs: number
  /** Refusals since a secret was read with a token for the project. */
  #refusals = Number.POSITIVE_INFINITY
  #logged: LoginScope | 'none' | undefined

  /** @param isEver false to never read secrets */
  constructor(clock: Clock, log: KeystoneLog, isEver: boolean) {
    this.#clock = clock
    this.#log = log
    this.#refusalsEndAtMs = isEver ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  }

  /** Scope of the token for reading secrets. Undefined: do not read them now. */
  get scope(): LoginScope | undefined {
    return this.#clock.monotonicMs() < this.#refusalsEndAtMs ? this.#left : 'project'
  }

  /** Call after a secret was read. */
  granted(scope: LoginScope): void {
    if (scope === 'project') this.#refusals = 0
    if (this.#logged === scope) return
    this.#logged = scope
    this.#log.info({ scope }, 'signatures are verified by this process: it may read EC2 secrets')
  }

  /** Call after Keystone refused the secret of an existing key, or the login to read it. */
  denied(scope: LoginScope, refusal: CredentialRefusal): void {
    // Another request has reported it.
    if (scope !== this.scope) return
    if (scope === 'system') {
      this.#left = undefined
      if (refusal === 'denied') this.#logRefusal()
      else this.#refusalsEndAtMs = this.#clock.monotonicMs() + DOUBTFUL_REFUSAL_MS
      return
    }
    const isDoubtful = this.#refusals++ < DOUBTFUL_REFUSALS_MAX
    this.#left = 'system'
    this.#refusalsEndAtMs =
      this.#clock.monotonicMs() + (isDoubtful ? DOUBTFUL_REFUSAL_MS : REFUSAL_MS)
  }

  #logRefusal(): void {
    if (this.#logged === 'none') return
    this.#logged = 'none'
    this.#log.warn(
      { retrySeconds: Math.ceil((this.#refusalsEndAtMs - this.#clock.monotonicMs()) / 1_000) },
      'each signed request is a call to Keystone: the user of the service may not read EC2 ' +
        'secrets (identity:get_credential)',
    )
  }
}
