import type { StorageDriver } from '../storage/driver.ts'

const INTERVAL_MS = 5_000
const TIMEOUT_MS = 2_000

export interface EngineTimeOptions {
  readonly driver: StorageDriver
  /** This machine's clock: milliseconds since 1970. */
  readonly now: () => number
  /** Milliseconds on a clock that never goes back. */
  readonly monotonicNow: () => number
  readonly onBackgroundError: (error: unknown) => void
}

/**
 * The storage engine's time, used beside this machine's so that items do not expire early if one of
 * the clocks is wrong. It is requested every 5 s and extrapolated in between, never ahead of the
 * engine's clock. Embedded engines use this machine's clock.
 */
export class EngineTime {
  readonly #options: EngineTimeOptions
  /** A lower bound of the engine's time minus the monotonic clock. */
  #offset: number | undefined
  #timer: NodeJS.Timeout | undefined
  #isOpen = true

  constructor(options: EngineTimeOptions) {
    this.#options = options
    if (options.driver.engineTime) void this.#poll()
  }

  /** The engine's time, in milliseconds since 1970; undefined before its first answer. */
  known(): number | undefined {
    const { driver, now, monotonicNow } = this.#options
    if (!driver.engineTime) return now()
    return this.#offset === undefined ? undefined : this.#offset + monotonicNow()
  }

  /** The engine's time, requested from it if it is not known. */
  async now(deadline: number): Promise<number> {
    return this.known() ?? (await this.#hear(deadline)) + this.#options.monotonicNow()
  }

  /** The earlier of the known times. Items that expire at or before it have expired. */
  expiryNow(): number {
    const { driver, now } = this.#options
    return driver.engineTime ? Math.min(now(), this.known() ?? Infinity) : now()
  }

  close(): void {
    this.#isOpen = false
    clearTimeout(this.#timer)
  }

  async #hear(deadline: number): Promise<number> {
    const { driver, now, monotonicNow } = this.#options
    const time = (await driver.engineTime?.(deadline)) ?? now()
    this.#offset = time - monotonicNow()
    return this.#offset
  }

  async #poll(): Promise<void> {
    try {
      await this.#hear(performance.now() + TIMEOUT_MS)
    } catch (error) {
      if (this.#isOpen) this.#options.onBackgroundError(error)
    }
    if (this.#isOpen) this.#timer = setTimeout(() => void this.#poll(), INTERVAL_MS).unref()
  }
}
