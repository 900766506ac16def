/**
 * Adapts the reads of one page to deleted rows. A read passes about as many tombstones as lie
 * between its landmarks (landmarks.ts), so a read for few rows always succeeds.
 */

import { ReadTimeoutError } from '../errors.ts'
import { QUICK_MS, SLOW_MS } from '../purge/extent.ts'

/** Milliseconds after which a page ends at the next read without rows. After half its time it ends
 * at any read. */
const PAGE_MS = 3000
/** Rows per read, by the number of failures so far. A time-out counts as two failures. One failure
 * beyond the list fails the page. */
const ROWS_MAX = [100, 100, 19, 1] as const
/** Landmarks that a read of sizes may pass, estimated from those passed so far. Cassandra gives up
 * after 32,000 tombstones through the index, and after 100,000 in a partition. */
const LOOK_AHEAD_LANDMARKS = 200

/** `reached` is set if the page ended early. */
export interface PageEnd<Place> {
  readonly more: boolean
  readonly reached?: Place
}

export class Pace {
  readonly #begun = performance.now()
  readonly #deadline: number
  #failures = 0
  #found = 0
  #landmarks = 0
  /** Limit of the next read after a slow one. */
  #placesMax = Number.POSITIVE_INFINITY
  /** Landmarks since the last row. More are likely to follow. */
  run = 0

  constructor(deadline: number) {
    this.#deadline = deadline
  }

  took(found: number, milliseconds: number): void {
    if (milliseconds > SLOW_MS) this.#placesMax = Math.max(1, Math.floor(found / 2))
    if (milliseconds < QUICK_MS) this.#placesMax *= 2
  }

  /** Must be called after a read of `found` places, of which `rows` are rows and the others
   * landmarks. */
  note(found: number, rows: number): void {
    this.#found += found
    this.#landmarks += found - rows
    this.run = rows > 0 ? 0 : this.run + found
  }

  /** Must be called after a read that Cassandra gave up. The next one asks for less. Throws after
   * too many. */
  narrow(error: unknown): void {
    this.#failures += error instanceof ReadTimeoutError ? 2 : 1
    this.run = 0
    if (this.#failures >= ROWS_MAX.length) throw error
  }

  get rowsMax(): number {
    return Math.min(ROWS_MAX[this.#failures] ?? 1, this.#placesMax)
  }

  /** Sizes that may be read ahead; 0 for none. */
  get sizesMax(): number {
    const mostAreLandmarks = this.#landmarks > this.#found / 2
    if (this.#failures > 0 || this.run > 0 || mostAreLandmarks) return 0
    if (this.#landmarks === 0) return this.#placesMax
    const ahead = Math.floor((LOOK_AHEAD_LANDMARKS * this.#found) / this.#landmarks)
    return Math.min(ahead, this.#placesMax)
  }

  /** Whether the page has taken so long that it ends after a read with this many rows. */
  isOver(rows: number): boolean {
    const half = (this.#deadline - this.#begun) / 2
    return performance.now() - this.#begun >= (rows > 0 ? half : Math.min(half, PAGE_MS))
  }
}
