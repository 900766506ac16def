/**
 * How one page goes on where many rows are deleted. A read passes about as many of them as lie
 * between its landmarks (landmarks.ts), so one for few rows comes through any of them.
 */

import { ReadTimeoutError } from '../errors.ts'
import { QUICK_MS, SLOW_MS } from '../purge/extent.ts'

/** The page then ends early, after the next read that finds no row; once half its time is up, after
 * any. */
const PAGE_MS = 3000
/** The most rows that are asked for after each failed read, a time-out counting twice; one more
 * fails the page. */
const ROWS_MAX = [100, 100, 19, 1] as const
/** A look at the sizes ahead passes no more landmarks, as far as those behind tell: Cassandra gives
 * up on 32,000 deleted rows by the index, on 100,000 in a partition. */
const LOOK_AHEAD_LANDMARKS = 200

/** What follows a page that is filled; `reached` where it ended early. */
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
  /** As many places as the next read may ask for, since one was slow. */
  #placesMax = Number.POSITIVE_INFINITY
  /** Landmarks since the last row: what comes next are most likely landmarks as well. */
  run = 0

  constructor(deadline: number) {
    this.#deadline = deadline
  }

  /** After a read that took so long. */
  took(found: number, milliseconds: number): void {
    if (milliseconds > SLOW_MS) this.#placesMax = Math.max(1, Math.floor(found / 2))
    if (milliseconds < QUICK_MS) this.#placesMax *= 2
  }

  /** After a read that found so many places, of which some are rows. */
  note(found: number, rows: number): void {
    this.#found += found
    this.#landmarks += found - rows
    this.run = rows > 0 ? 0 : this.run + found
  }

  /** After a read that Cassandra gave up on: the next one asks for less. Throws when there were too
   * many. */
  narrow(error: unknown): void {
    this.#failures += error instanceof ReadTimeoutError ? 2 : 1
    this.run = 0
    if (this.#failures >= ROWS_MAX.length) throw error
  }

  get rowsMax(): number {
    return Math.min(ROWS_MAX[this.#failures] ?? 1, this.#placesMax)
  }

  /** How many sizes may be asked for ahead; 0: none. */
  get sizesMax(): number {
    const mostAreLandmarks = this.#landmarks > this.#found / 2
    if (this.#failures > 0 || this.run > 0 || mostAreLandmarks) return 0
    if (this.#landmarks === 0) return this.#placesMax
    const ahead = Math.floor((LOOK_AHEAD_LANDMARKS * this.#found) / this.#landmarks)
    return Math.min(ahead, this.#placesMax)
  }

  /** Whether it has taken so long that the page ends after a read that found so many rows. */
  isOver(rows: number): boolean {
    const half = (this.#deadline - this.#begun) / 2
    return performance.now() - this.#begun >= (rows > 0 ? half : Math.min(half, PAGE_MS))
  }
}
