export type LogFields = Readonly<Record<string, string | number>>

/** What of a logger is used here; pino's has this shape. */
export interface KeystoneLog {
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
}

const REPEAT_INTERVAL_MS = 10_000

/**
 * Logs an outage when it begins, at most every ten seconds while requests go on meeting it, and
 * when it ends: never once per request.
 */
export class OutageLog {
  readonly #log: KeystoneLog
  readonly #monotonicMs: () => number
  #failures = 0
  #isLogged = false
  #loggedAtMs = Number.NEGATIVE_INFINITY

  constructor(log: KeystoneLog, monotonicMs: () => number) {
    this.#log = log
    this.#monotonicMs = monotonicMs
  }

  failed(reason: string): void {
    this.#failures++
    const now = this.#monotonicMs()
    if (now - this.#loggedAtMs < REPEAT_INTERVAL_MS) return
    this.#log.error({ reason, failures: this.#failures }, 'Keystone cannot validate tokens')
    this.#loggedAtMs = now
    this.#isLogged = true
    this.#failures = 0
  }

  succeeded(): void {
    if (!this.#isLogged) return
    this.#log.info({ failures: this.#failures }, 'Keystone validates tokens again')
    this.#isLogged = false
    this.#failures = 0
  }
}
