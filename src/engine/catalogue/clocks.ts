/** Milliseconds by which the clocks may differ in what has passed: a step of the wall clock that is
 * smaller comes from keeping time. */
const PARTED_MS = 1_000

/** One moment on both clocks of a machine. */
export interface Moment {
  readonly monotonic: number
  readonly wall: number
}

/**
 * How much time has passed, by two clocks. While a virtual machine is paused its monotonic clock
 * stands still, and the wall clock is set right afterwards.
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

  /** Milliseconds since then; infinite where the clocks have parted, and nobody can tell. */
  since({ monotonic, wall }: Moment): number {
    const passed = this.#monotonicNow() - monotonic
    const isParted = Math.abs(this.#wallNow() - wall - passed) > PARTED_MS
    return isParted ? Number.POSITIVE_INFINITY : passed
  }
}
