import type { Clock } from '../../../cache/clock.ts'
import type { KeystoneLog } from '../log.ts'
import type { LoginScope } from '../login/service-login.ts'

/** For which a refusal counts. Then secrets are asked for again. */
const REFUSAL_MS = 10 * 60 * 1_000

/**
 * With which token of the service secrets of EC2 credentials can be read, as Keystone's answers
 * tell: with the usual one if a rule of Keystone allows it, else with one for the system if the
 * user of the service has a role there, else with none.
 */
export class SecretAccess {
  readonly #clock: Clock
  readonly #log: KeystoneLog
  /** What is left after the refusals that count. */
  #left: LoginScope | undefined
  #refusalsEndAtMs: number
  #logged: LoginScope | 'none' | undefined

  /** @param isEver false if secrets are never to be read */
  constructor(clock: Clock, log: KeystoneLog, isEver: boolean) {
    this.#clock = clock
    this.#log = log
    this.#refusalsEndAtMs = isEver ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  }

  /** Of the token to read secrets with. Undefined: they are not to be read now. */
  get scope(): LoginScope | undefined {
    return this.#clock.monotonicMs() < this.#refusalsEndAtMs ? this.#left : 'project'
  }

  /** A secret was read. */
  granted(scope: LoginScope): void {
    if (this.#logged === scope) return
    this.#logged = scope
    this.#log.info({ scope }, 'signatures are verified by this process: it may read EC2 secrets')
  }

  /** The secret of a key that is there was refused. */
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
