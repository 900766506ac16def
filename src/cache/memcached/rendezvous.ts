import { hash } from 'node:crypto'

/**
 * Rendezvous hashing: the available server that a key belongs to. The keys of an unavailable server
 * are spread over all others, which keep their own. Every process computes the same.
 *
 * @returns its index; undefined if none is available
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
