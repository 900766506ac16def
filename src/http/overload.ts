/** What has arrived is begun for so long in one turn of the event loop. */
const TURN_MS_MAX = 50
/** One slow request makes one long turn; only when all turns are long is there too much to do. */
const LONG_TURNS_MS_MAX = 300

/**
 * Notices that requests arrive faster than they can be worked off. They then wait where nobody
 * counts them, in the buffers of their connections, until their callers have given up and all work
 * on them is wasted. So once the turns of the event loop have been long for a while, each takes no
 * more than it can begin in time, and refuses the rest at once.
 */
export class Overload {
  #turnBegan = 0
  #isWatching = false
  #requests = 0
  #longSince = Number.POSITIVE_INFINITY

  /** Whether a request that has just arrived is to be refused. */
  refuses(): boolean {
    const now = performance.now()
    this.#requests++
    if (!this.#isWatching) {
      this.#isWatching = true
      this.#turnBegan = now
      setImmediate(() => this.#endTurn())
    }
    return now - this.#turnBegan > TURN_MS_MAX && now - this.#longSince > LONG_TURNS_MS_MAX
  }

  #endTurn(): void {
    const now = performance.now()
    const isLong = now - this.#turnBegan > TURN_MS_MAX
    this.#longSince = isLong ? Math.min(this.#longSince, now) : Number.POSITIVE_INFINITY
    this.#turnBegan = now
    // Once more after a turn without requests: work on earlier ones makes turns long as well.
    this.#isWatching = this.#requests > 0 || isLong
    this.#requests = 0
    if (this.#isWatching) setImmediate(() => this.#endTurn())
  }
}
