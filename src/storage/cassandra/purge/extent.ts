/** The size of a purge's next read, which follows the time that reads take. */

export const ROWS_MAX = 1000
export const ROWS_MIN = 16
/** log2 of the tokens of the whole ring. */
export const RING_BITS = 64
export const QUICK_MS = 250
export const SLOW_MS = 1000

export class PurgeExtent {
  /** log2 of the tokens to read. */
  spanBits: number
  rows = ROWS_MAX

  constructor(spanBits: number) {
    this.spanBits = spanBits
  }

  follow(ms: number): void {
    if (ms < QUICK_MS) this.#change(1)
    if (ms > SLOW_MS) this.#change(-1)
  }

  afterFailure(): void {
    this.#change(-2)
  }

  #change(bits: number): void {
    this.spanBits = Math.min(Math.max(this.spanBits + bits, 0), RING_BITS)
    this.rows = Math.min(Math.max(Math.floor(this.rows * 2 ** bits), ROWS_MIN), ROWS_MAX)
  }
}
