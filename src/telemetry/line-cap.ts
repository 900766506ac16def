/** Lines of one key in a window. */
const CAPPED_LINES_MAX = 20
const WINDOW_MS = 10_000

/** Rate limit for lines that callers can cause at will. The first twenty lines of each key in ten
 * seconds are written. The others are counted and reported at the end. Use few keys. */
export class LineCap {
  readonly #onSuppressed: (counts: Readonly<Record<string, number>>) => void
  readonly #monotonicNow: () => number
  readonly #counts = new Map<string | number, number>()
  #windowEnd = Number.NEGATIVE_INFINITY
  #timer: NodeJS.Timeout | undefined

  /** `onSuppressed` receives the number of suppressed lines by key. */
  constructor(
    onSuppressed: (counts: Readonly<Record<string, number>>) => void,
    monotonicNow: () => number = () => performance.now(),
  ) {
    this.#onSuppressed = onSuppressed
    this.#monotonicNow = monotonicNow
  }

  admits(key: string | number): boolean {
    const now = this.#monotonicNow()
    if (now >= this.#windowEnd) {
      this.flush()
      this.#windowEnd = now + WINDOW_MS
    }
    const count = (this.#counts.get(key) ?? 0) + 1
    this.#counts.set(key, count)
    if (count <= CAPPED_LINES_MAX) return true
    this.#timer ??= setTimeout(() => this.flush(), this.#windowEnd - now).unref()
    return false
  }

  /** Reports suppressed lines, if any, and starts a new window. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const suppressed = [...this.#counts].filter(([, count]) => count > CAPPED_LINES_MAX)
    this.#counts.clear()
    this.#windowEnd = Number.NEGATIVE_INFINITY
    if (suppressed.length === 0) return
    this.#onSuppressed(
      Object.fromEntries(suppressed.map(([key, count]) => [key, count - CAPPED_LINES_MAX])),
    )
  }
}
