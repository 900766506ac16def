import { hash } from 'node:crypto'

/**
 * Finds the available server to which a key belongs, by rendezvous hashing. The keys of an
 * unavailable server are spread over all others, which keep their own. Every process gets the same
 * result.
 *
 * @returns its index; undefined if no server is available
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
