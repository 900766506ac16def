import { hash } from 'node:crypto'

/** Enough that two nodes' shares of all keys differ by some percents only. */
const POINTS_PER_NODE = 160

interface Point {
  readonly place: number
  readonly node: number
}

/**
 * Consistent hashing: a node that is left out gives its keys to the others, and they keep theirs.
 * The same list of names makes the same ring in every process.
 */
export class HashRing {
  readonly #points: readonly Point[]
  readonly #nodes: number

  constructor(names: readonly string[]) {
    this.#nodes = names.length
    this.#points = names
      .flatMap((name, node) =>
        Array.from({ length: POINTS_PER_NODE }, (_, n) => ({
          place: placeOf(`${name}-${n}`),
          node,
        })),
      )
      .sort((a, b) => a.place - b.place || a.node - b.node)
  }

  /** The node that a key belongs to, of those that are available; undefined when none is. */
  nodeOf(key: string, isAvailable: (node: number) => boolean): number | undefined {
    const start = this.#firstAt(placeOf(key))
    const refused = new Set<number>()
    for (let step = 0; step < this.#points.length && refused.size < this.#nodes; step++) {
      const node = this.#points[(start + step) % this.#points.length]?.node
      if (node === undefined || refused.has(node)) continue
      if (isAvailable(node)) return node
      refused.add(node)
    }
    return undefined
  }

  #firstAt(place: number): number {
    let low = 0
    let high = this.#points.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#points[middle]?.place ?? 0) < place) low = middle + 1
      else high = middle
    }
    return low
  }
}

function placeOf(text: string): number {
  return hash('sha256', text, 'buffer').readUInt32BE(0)
}
