import { randomInt } from 'node:crypto'

/** Random numbers that the printed seed reproduces. */
export interface Seeded {
  readonly seed: number
  /** An integer from 0 to below the limit. */
  below(limit: number): number
  bytes(length: number): Buffer
  pick<T>(choices: readonly T[]): T
}

/**
 * Prints its seed. `SEED=n` in the environment repeats a run.
 *
 * @param usual the seed without SEED, for comparisons with another program: with a new seed they
 *   can find a difference that no change has caused
 */
export function seeded(what: string, usual = randomInt(2 ** 31)): Seeded {
  const seed = Number(process.env.SEED ?? usual)
  console.log(`${what}: SEED=${seed}`)
  return seededBy(seed)
}

/** As `seeded`, but with a given seed, and prints nothing. */
export function seededBy(seed: number): Seeded {
  let state = seed
  // Mulberry32: small, and good enough to choose test inputs.
  const next = () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
  const below = (limit: number) => next() % limit
  return {
    seed,
    below,
    bytes: (length) => Buffer.from(Array.from({ length }, () => below(256))),
    pick: (choices) => {
      const chosen = choices[below(choices.length)]
      if (chosen === undefined) throw new Error('nothing to pick from')
      return chosen
    },
  }
}
