/** A limited quantity, of which each share may use a part. */
export class Pool {
  readonly #max: number
  readonly #shareMax: number
  readonly #takenBy = new Map<string, number>()
  #taken = 0

  /** @param part of `max` that one share may use, above 0 and at most 1 */
  constructor(max: number, part: number) {
    this.#max = max
    this.#shareMax = Math.max(1, Math.floor(max * part))
  }

  /** An amount above a share's limit is admitted if the share uses nothing else. */
  isShareFull(share: string, amount: number): boolean {
    const taken = this.#takenBy.get(share)
    return taken !== undefined && taken + amount > this.#shareMax
  }

  fits(share: string, amount: number): boolean {
    return this.#taken + amount <= this.#max && !this.isShareFull(share, amount)
  }

  /** @param amount negative to give back */
  add(share: string, amount: number): void {
    this.#taken += amount
    const taken = (this.#takenBy.get(share) ?? 0) + amount
    if (taken > 0) this.#takenBy.set(share, taken)
    else this.#takenBy.delete(share)
  }
}
