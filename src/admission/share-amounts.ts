interface Entry {
  readonly share: string
  amount: number
}

/** A quantity per share. Callers give back only what they have added. Of the shares without any,
 * only the latest takes memory. */
export class ShareAmounts {
  readonly #entries = new Map<string, Entry>()
  /** The entry used last, the only one that may be 0: requests of one share often follow each
   * other, and a look into the map would cost each of them. */
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
    entry.amount += amount
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
    const latest = this.#latest
    if (latest !== undefined && latest.amount <= 0) this.#entries.delete(latest.share)
    const known = this.#entries.get(share)
    const entry = known ?? { share, amount: 0 }
    if (!known) this.#entries.set(share, entry)
    this.#latest = entry
    return entry
  }
}
