import type { SliceCount } from './traced-slices.ts'

/** Rows and tombstones that one slice may read. */
const SLICE_MAX = 1_000

/** What slices have read. */
export interface Reads {
  readonly slices: number
  readonly live: number
  readonly tombstones: number
  /** Live rows and tombstones of the slice that read most. */
  readonly most: number
}

export function readsOf(counts: readonly SliceCount[]): Reads {
  const sum = (values: readonly number[]) => values.reduce((all, value) => all + value, 0)
  return {
    slices: counts.length,
    live: sum(counts.map(({ live }) => live)),
    tombstones: sum(counts.map(({ tombstones }) => tombstones)),
    most: counts.reduce((most, count) => Math.max(most, count.live + count.tombstones), 0),
  }
}

/** What is wrong with slices; nothing when they are as they should be. */
export function sliceFaults(what: string, { most }: Reads): string[] {
  return most > SLICE_MAX ? [`${what}: a slice read ${most} rows and tombstones`] : []
}

/** What is wrong with one thing read at two times. */
export function growthFaults(what: string, early: Reads, late: Reads): string[] {
  const [before, after] = [early.live + early.tombstones, late.live + late.tombstones]
  return after > before ? [`${what}: ${before} rows and tombstones early, ${after} late`] : []
}
