export type LogFields = Readonly<Record<string, string | number>>

/** The part of a logger that is used here. pino's loggers have it. */
export interface KeystoneLog {
  info(fields: LogFields, message: string): void
  warn(fields: LogFields, message: string): void
  error(fields: LogFields, message: string): void
}

const REPEAT_INTERVAL_MS = 10_000

/** Logs the start of an outage, a reminder every ten seconds while requests fail, and its end. */
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
