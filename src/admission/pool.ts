/** So much of one thing as a process has, of which each share may take a part. */
export class Pool {
  readonly #max: number
  readonly #shareMax: number
  readonly #takenBy = new Map<string, number>()
  #taken = 0

  /** @param part what a share may take of all, more than 0 and 1 at most */
  constructor(max: number, part: number) {
    this.#max = max
    this.#shareMax = Math.max(1, Math.floor(max * part))
  }

  /** What exceeds a share by itself may go alone. */
  isShareFull(share: string, amount: number): boolean {
    const taken = this.#takenBy.get(share)
    return taken !== undefined && taken + amount > this.#shareMax
  }

  fits(share: string, amount: number): boolean {
    return this.#taken + amount <= this.#max && !this.isShareFull(share, amount)
  }

  /** @param amount less than 0 gives back */
  add(share: string, amount: number): void {
    this.#taken += amount
    const taken = (this.#takenBy.get(share) ?? 0) + amount
    if (taken > 0) this.#takenBy.set(share, taken)
    else this.#takenBy.delete(share)
  }
}
