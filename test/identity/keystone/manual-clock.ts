import type { Clock } from '../../../src/cache/clock.ts'

/** A clock that only the test advances. */
export class ManualClock implements Clock {
  #wall: number
  #monotonic = 0

  constructor(wallMs = Date.UTC(2030, 0, 1)) {
    this.#wall = wallMs
  }

  wallMs(): number {
    return this.#wall
  }

  monotonicMs(): number {
    return this.#monotonic
  }

  advance(ms: number): void {
    this.#wall += ms
    this.#monotonic += ms
  }

  /** Changes the wall clock alone, like an administrator who sets the machine's time. */
  jumpWall(ms: number): void {
    this.#wall += ms
  }
}
