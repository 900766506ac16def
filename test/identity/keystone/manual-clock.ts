import type { Clock } from '../../../src/cache/clock.ts'

/** Time passes only when told to. */
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

  /** As when somebody sets the machine's clock. */
  jumpWall(ms: number): void {
    this.#wall += ms
  }
}
