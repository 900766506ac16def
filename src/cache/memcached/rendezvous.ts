import { hash } from 'node:crypto'

/**
 * Rendezvous hashing: the server that a key belongs to, of those that are available. The keys of
 * one that is set aside go to all the others, which keep their own. The same list of names gives
 * the same answer in every process.
 *
 * @returns its index; undefined when none is available
 */
export function serverOf(
  key: string,
  names: readonly string[],
  isAvailable: (index: number) => boolean,
): number | undefined {
  let best: number | undefined
  let bestScore = -1
  for (const [index, name] of names.entries()) {
    if (!isAvailable(index)) continue
    const score = hash('sha256', `${name}-${key}`, 'buffer').readUIntBE(0, 6)
    if (score > bestScore) {
      best = index
      bestScore = score
    }
  }
  return best
}
