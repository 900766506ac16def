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
 * The storage engine's time beside this machine's, so that one clock that is wrong makes nothing
 * expire early. It is heard every 5 s and counted on in between; what is told is never ahead of it.
 * Embedded engines have this machine's.
 */
export class EngineTime {
  readonly #options: EngineTimeOptions
  /** How far the engine's time is ahead of the monotonic clock, at least. */
  #offset: number | undefined
  #timer: NodeJS.Timeout | undefined
  #isOpen = true

  constructor(options: EngineTimeOptions) {
    this.#options = options
    if (options.driver.engineTime) void this.#poll()
  }

  /** The engine's, in milliseconds since 1970; undefined while it was never heard. */
  known(): number | undefined {
    const { driver, now, monotonicNow } = this.#options
    if (!driver.engineTime) return now()
    return this.#offset === undefined ? undefined : this.#offset + monotonicNow()
  }

  /** The same, asked for if it was never heard. */
  async now(deadline: number): Promise<number> {
    return this.known() ?? (await this.#hear(deadline)) + this.#options.monotonicNow()
  }

  /** What expires at or before it has expired: the earlier of both times, as far as they are
   * known. */
  expiryNow(): number {
    return Math.min(this.#options.now(), this.known() ?? Infinity)
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
