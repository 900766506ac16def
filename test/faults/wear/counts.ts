import { persistently } from './persistently.ts'
import type { ReadByWork } from './traced-slices.ts'

/** Rows and tombstones that one slice may read. */
const SLICE_MAX = 1_000
/** Percentage of slices that must be traced. Cassandra drops traces while it is busy. */
const TRACED_MIN_PERCENT = 10
const ATTEMPTS_MAX = 20

/** What a number of slices has read. */
export interface Reads {
  readonly slices: number
  readonly untraced: number
  readonly live: number
  readonly tombstones: number
  /** Live rows and tombstones of the slice that read most. */
  readonly most: number
}

export function readsOf(
  ...works: readonly Pick<ReadByWork<unknown>, 'slices' | 'untraced'>[]
): Reads {
  const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0)
  const counts = works.flatMap(({ slices }) => slices)
  return {
    slices: counts.length,
    untraced: sum(works.map(({ untraced }) => untraced)),
    live: sum(counts.map(({ live }) => live)),
    tombstones: sum(counts.map(({ tombstones }) => tombstones)),
    most: counts.reduce((most, count) => Math.max(most, count.live + count.tombstones), 0),
  }
}

/** Faults of slices; empty if there are none. */
export function sliceFaults(what: string, { slices, untraced, most }: Reads): string[] {
  const isUnknown = slices === 0 || slices * 100 < (slices + untraced) * TRACED_MIN_PERCENT
  return [
    ...(isUnknown ? [`${what}: ${untraced} slices are untraced, ${slices} traced`] : []),
    ...(most > SLICE_MAX ? [`${what}: a slice read ${most} rows and tombstones`] : []),
  ]
}

/** Repeats the work until all its slices were traced. */
export async function wholly(work: () => Promise<ReadByWork<unknown>>): Promise<Reads> {
  for (let attempt = 1; ; attempt++) {
    const read = await persistently(work)
    const reads = read && readsOf(read)
    if (reads?.untraced === 0) return reads
    if (attempt === ATTEMPTS_MAX) throw new Error('Cassandra traces too little')
  }
}

/** A fault if a later read of the same data has cost more than the early one. */
export function growthFaults(what: string, early: Reads, late: Reads): string[] {
  const [before, after] = [early.live + early.tombstones, late.live + late.tombstones]
  return after > before ? [`${what}: ${before} rows and tombstones early, ${after} late`] : []
}
