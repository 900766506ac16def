import type { Clock } from '../../../cache/clock.ts'
import type { KeystoneLog } from '../log.ts'
import type { LoginScope } from '../login/service-login.ts'

/** Milliseconds for which a refusal is valid. After that, the service tries again. */
const REFUSAL_MS = 10 * 60 * 1_000

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
    if (this.#logged === scope) return
    this.#logged = scope
    this.#log.info({ scope }, 'signatures are verified by this process: it may read EC2 secrets')
  }

  /** Call after Keystone refused the secret of an existing key. */
  denied(scope: LoginScope): void {
    this.#left = scope === 'project' ? 'system' : undefined
    this.#refusalsEndAtMs = this.#clock.monotonicMs() + REFUSAL_MS
    if (this.#left !== undefined || this.#logged === 'none') return
    this.#logged = 'none'
    this.#log.warn(
      { retrySeconds: REFUSAL_MS / 1_000 },
      'each signed request is a call to Keystone: the user of the service may not read EC2 ' +
        'secrets (identity:get_credential)',
    )
  }
}
