import type { Clock } from '../../../cache/clock.ts'
import type { KeystoneLog } from '../log.ts'

/** Milliseconds after a refusal until the service tries again to read secrets. */
const RETRY_AFTER_MS = 10 * 60 * 1_000

/** Learns from Keystone's answers whether the service may read the secrets of EC2 credentials. */
export class SecretAccess {
  readonly #clock: Clock
  readonly #log: KeystoneLog
  #state: 'unknown' | 'granted' | 'denied' = 'unknown'
  #retryAtMs: number

  /** @param isEver false to never read secrets */
  constructor(clock: Clock, log: KeystoneLog, isEver: boolean) {
    this.#clock = clock
    this.#log = log
    this.#retryAtMs = isEver ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY
  }

  get mayTry(): boolean {
    return this.#clock.monotonicMs() >= this.#retryAtMs
  }

  /** Call after a secret was read. */
  granted(): void {
    if (this.#state !== 'granted') {
      this.#log.info({}, 'signatures are verified by this process: it may read EC2 secrets')
    }
    this.#state = 'granted'
  }

  /** Call after Keystone refused the secret of an existing key. */
  denied(): void {
    if (this.#state !== 'denied') {
      this.#log.warn(
        { retrySeconds: RETRY_AFTER_MS / 1_000 },
        'each signed request is a call to Keystone: the user of the service may not read EC2 ' +
          'secrets (identity:get_credential)',
      )
    }
    this.#state = 'denied'
    this.#retryAtMs = this.#clock.monotonicMs() + RETRY_AFTER_MS
  }
}
