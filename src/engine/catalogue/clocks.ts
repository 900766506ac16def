/** Milliseconds by which the times that passed on the two clocks may differ. Smaller steps of the
 * wall clock are corrections by time synchronization. */
const PARTED_MS = 1_000

/** One moment on both clocks of a machine. */
export interface Moment {
  readonly monotonic: number
  readonly wall: number
}

/**
 * Measures elapsed time with two clocks, to notice a paused virtual machine: its monotonic clock
 * stops during the pause, and its wall clock is corrected afterwards.
 */
export class Clocks {
  readonly #monotonicNow: () => number
  readonly #wallNow: () => number

  /**
   * @param monotonicNow milliseconds on a clock that never goes back
   * @param wallNow milliseconds since 1970
   */
  constructor(monotonicNow: () => number, wallNow: () => number) {
    this.#monotonicNow = monotonicNow
    this.#wallNow = wallNow
  }

  now(): Moment {
    return { monotonic: this.#monotonicNow(), wall: this.#wallNow() }
  }

  /** Milliseconds since then; infinite if the clocks disagree, so that it is unknown. */
  since({ monotonic, wall }: Moment): number {
    const passed = this.#monotonicNow() - monotonic
    const isParted = Math.abs(this.#wallNow() - wall - passed) > PARTED_MS
    return isParted ? Number.POSITIVE_INFINITY : passed
  }
}
