interface Entry {
  readonly share: string
  amount: number
}

/** Shares without any that stay in memory, plus one for each share that has something. A share
 * whose requests come one after another would otherwise enter and leave the map with each. */
const IDLE_MAX = 16

/** A quantity per share. Callers give back only what they have added. */
export class ShareAmounts {
  readonly #entries = new Map<string, Entry>()
  /** Entries of 0. */
  #idle = 0
  /** The entry used last: requests of one share often follow each other, and a look into the map
   * would cost each of them. */
  #latest: Entry | undefined

  /** Shares in memory. */
  get size(): number {
    return this.#entries.size
  }

  of(share: string): number {
    const latest = this.#latest
    return (latest?.share === share ? latest : this.#entries.get(share))?.amount ?? 0
  }

  /** @param amount negative to give back */
  add(share: string, amount: number): void {
    const latest = this.#latest
    const entry = latest?.share === share ? latest : this.#turnTo(share)
    const wasIdle = entry.amount === 0
    entry.amount += amount
    const isIdle = entry.amount === 0
    if (isIdle !== wasIdle) this.#idle += isIdle ? 1 : -1
    if (isIdle && this.#idle > IDLE_MAX + this.#entries.size - this.#idle) this.#dropIdle()
  }

  /** The share that has most; undefined if none has any. */
  largest(): string | undefined {
    let largest: Entry | undefined
    for (const entry of this.#entries.values()) {
      if (entry.amount > (largest?.amount ?? 0)) largest = entry
    }
    return largest?.share
  }

  #turnTo(share: string): Entry {
    const known = this.#entries.get(share)
    const entry = known ?? { share, amount: 0 }
    if (!known) {
      this.#entries.set(share, entry)
      this.#idle++
    }
    this.#latest = entry
    return entry
  }

  #dropIdle(): void {
    for (const { share, amount } of this.#entries.values()) {
      if (amount === 0) this.#entries.delete(share)
    }
    this.#idle = 0
    this.#latest = undefined
  }
}
