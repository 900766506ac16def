/** One queue per share. Shares take turns; each share's elements leave in order of arrival. */
export class ShareQueue<T> {
  /** In the order of turns. */
  readonly #lines = new Map<string, T[]>()
  #size = 0

  get size(): number {
    return this.#size
  }

  /** Number of shares with waiting elements. */
  get shares(): number {
    return this.#lines.size
  }

  waitingOf(share: string): number {
    return this.#lines.get(share)?.length ?? 0
  }

  push(share: string, element: T): void {
    const line = this.#lines.get(share)
    if (line) line.push(element)
    else this.#lines.set(share, [element])
    this.#size++
  }

  /** Puts the element first in its share, whose turn comes after those of the other shares. */
  putBack(share: string, element: T): void {
    const line = this.#lines.get(share)
    if (line) line.unshift(element)
    else this.#lines.set(share, [element])
    this.#size++
  }

  remove(share: string, element: T): void {
    const line = this.#lines.get(share) ?? []
    const at = line.indexOf(element)
    if (at < 0) return
    line.splice(at, 1)
    this.#size--
    if (line.length === 0) this.#lines.delete(share)
  }

  /** Removes the newest element of the share that has most, if that is more than `count`. */
  popLongest(count: number): T | undefined {
    let longest: T[] | undefined
    for (const line of this.#lines.values()) {
      if (line.length > (longest?.length ?? count)) longest = line
    }
    if (longest) this.#size--
    return longest?.pop()
  }

  /** The next element, of the first share in turn for which `mayGo` is true. */
  take(mayGo: (share: string, next: T) => boolean = () => true): T | undefined {
    for (const [share, line] of this.#lines) {
      const next = line[0] as T
      if (!mayGo(share, next)) continue
      line.shift()
      this.#size--
      if (line.length === 0) this.#lines.delete(share)
      else if (this.#lines.size > 1) {
        this.#lines.delete(share)
        this.#lines.set(share, line)
      }
      return next
    }
    return undefined
  }
}
