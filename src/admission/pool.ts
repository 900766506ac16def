import { ShareAmounts } from './share-amounts.ts'

/** A limited quantity, of which each share may use a part. */
export class Pool {
  readonly #max: number
  readonly #shareMax: number
  readonly #takenBy = new ShareAmounts()
  #taken = 0

  /** @param part of `max` that one share may use, above 0 and at most 1 */
  constructor(max: number, part: number) {
    this.#max = max
    this.#shareMax = Math.max(1, Math.floor(max * part))
  }

  /** An amount above a share's limit is admitted if the share uses nothing else. */
  isShareFull(share: string, amount: number): boolean {
    const taken = this.#takenBy.of(share)
    return taken > 0 && taken + amount > this.#shareMax
  }

  fits(share: string, amount: number): boolean {
    return this.#taken + amount <= this.#max && !this.isShareFull(share, amount)
  }

  /** @param amount negative to give back */
  add(share: string, amount: number): void {
    this.#taken += amount
    this.#takenBy.add(share, amount)
  }
}
