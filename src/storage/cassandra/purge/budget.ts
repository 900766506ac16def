/** Limits the deletes in flight of all purges in a process. If deletes have become slower, the
 * cluster has other work, such as other processes' purges, and the limit is halved. */

export const DELETES_IN_FLIGHT_MAX = 8
/** Deletes per mean time. */
export const BATCH_DELETES = 32
export const BEST_REMEMBERED_MS = 60_000
const SLOWER_FACTOR = 2

interface Mean {
  readonly at: number
  readonly ms: number
}

export class PurgeBudget {
  readonly #now: () => number
  #allowed = DELETES_IN_FLIGHT_MAX
  #inFlight = 0
  /** First come, first served, so that no purge waits for all deletes of another. */
  readonly #waiting: (() => void)[] = []
  #batch: number[] = []
  /** Remembered means, ascending, so the first is the best. */
  #means: Mean[] = []

  constructor(now = () => performance.now()) {
    this.#now = now
  }

  get allowed(): number {
    return this.#allowed
  }

  /** Runs the work once it is within the limit. */
  async run(work: () => Promise<void>): Promise<void> {
    if (this.#inFlight >= this.#allowed) {
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    } else {
      this.#inFlight += 1
    }
    const started = this.#now()
    try {
      await work()
    } finally {
      this.#note(this.#now() - started)
      this.#inFlight -= 1
      this.#wake()
    }
  }

  #wake(): void {
    while (this.#inFlight < this.#allowed) {
      const next = this.#waiting.shift()
      if (next === undefined) return
      this.#inFlight += 1
      next()
    }
  }

  #note(ms: number): void {
    this.#batch.push(ms)
    if (this.#batch.length < BATCH_DELETES) return
    const at = this.#now()
    const mean = { at, ms: this.#batch.reduce((sum, one) => sum + one, 0) / this.#batch.length }
    this.#batch = []
    const remembered = this.#means.filter((old) => at - old.at < BEST_REMEMBERED_MS)
    this.#means = [...remembered.filter((old) => old.ms < mean.ms), mean]
    const isSlow = mean.ms > SLOWER_FACTOR * (this.#means[0]?.ms ?? mean.ms)
    this.#allowed = isSlow
      ? Math.max(1, Math.floor(this.#allowed / 2))
      : Math.min(DELETES_IN_FLIGHT_MAX, this.#allowed * 2)
  }
}
