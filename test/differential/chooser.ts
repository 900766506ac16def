import { type Seeded, seededBy } from '../seeded.ts'
import type { Json } from './tables.ts'

/** One alternative of a rule: a function that makes it, with its weight among the others. */
type Alternative<T> = (() => T) | readonly [weight: number, make: () => T]

/**
 * Random choices from a seed. Counts each choice of an alternative under its rule. A rule draws
 * from a bag with as many tickets of each alternative as its weight, refilled when it is empty, so
 * that rare alternatives come as often as their weight says.
 */
export class Chooser {
  readonly counts = new Map<string, number>()
  readonly #bags = new Map<string, number[]>()
  readonly #random: Seeded

  constructor(seed: number) {
    this.#random = seededBy(seed)
  }

  below(limit: number): number {
    return this.#random.below(limit)
  }

  chance(percent: number): boolean {
    return this.below(100) < percent
  }

  pick<T>(choices: readonly T[]): T {
    return this.#random.pick(choices)
  }

  /** At most `length` of the choices, none twice. */
  some<T>(choices: readonly T[], length: number): T[] {
    const left = [...choices]
    const taken: T[] = []
    while (taken.length < length && left.length > 0) {
      taken.push(...left.splice(this.below(left.length), 1))
    }
    return taken
  }

  times<T>(least: number, most: number, make: () => T): T[] {
    return Array.from({ length: least + this.below(most - least + 1) }, make)
  }

  /** Chooses an alternative of the rule. Alternatives never chosen are counted as 0. */
  choose<T>(rule: string, alternatives: Readonly<Record<string, Alternative<T>>>): T {
    const entries = Object.entries(alternatives).map(([name, given]) => {
      const [weight, make] = typeof given === 'function' ? [1, given] : given
      const counted = `${rule}: ${name}`
      if (!this.counts.has(counted)) this.counts.set(counted, 0)
      return { counted, weight, make }
    })
    const weights = entries.map(({ weight }) => weight)
    const chosen = entries[this.#draw(`${rule} ${weights}`, weights)]
    if (chosen === undefined) throw new Error(`${rule} has no alternatives`)
    this.counts.set(chosen.counted, (this.counts.get(chosen.counted) ?? 0) + 1)
    return chosen.make()
  }

  /** The number of an alternative; -1 if there is none. */
  #draw(bag: string, weights: readonly number[]): number {
    let tickets = this.#bags.get(bag)
    if (tickets === undefined || tickets.length === 0) {
      tickets = weights.flatMap((weight, i) => Array<number>(weight).fill(i))
      this.#bags.set(bag, tickets)
    }
    const at = this.below(tickets.length)
    const [drawn = -1] = tickets.splice(at, 1)
    return drawn
  }

  /** Makes an optional part of a request in this percentage of calls. */
  maybe<T>(rule: string, percent: number, make: () => T): T | undefined {
    return this.choose<T | undefined>(rule, {
      there: [percent, make],
      absent: [100 - percent, () => undefined],
    })
  }

  /** The same for a member of a request, after whose name the rule is called. */
  member(name: string, percent: number, make: () => unknown): Json {
    const value = this.maybe(name, percent, make)
    return value === undefined ? {} : { [name]: value }
  }

  /** Chooses one of the names. */
  name(rule: string, names: readonly string[]): string {
    return this.choose(rule, Object.fromEntries(names.map((name) => [name, () => name])))
  }
}
