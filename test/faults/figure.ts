import type { Seeded } from '../seeded.ts'
import type { SERVICE_BUGS } from './service-bugs.ts'

/** A defect of the service, or one that a figure without a service puts into its own driver. */
export type PlantedBug = keyof typeof SERVICE_BUGS | 'no-landmarks'

export interface FigureOptions {
  /** The few seconds of `npm test` instead of the whole. */
  readonly short: boolean
  readonly random: Seeded
  readonly bug?: PlantedBug | undefined
  /** A folder of its own that the caller removes. */
  readonly folder: string
  /** Aborted when the run is interrupted. */
  readonly signal: AbortSignal
}

export interface Measured {
  /** What the figure is about, a count of what went wrong for most. */
  readonly value: number
  readonly target: string
  /** What was seen that may not be; the figure is reached when there is nothing. */
  readonly faults: readonly string[]
  /** What else was measured. */
  readonly detail: Readonly<Record<string, unknown>>
}

export interface Figure {
  /** A number of its own for good, or a word, and the storage where there are several: `8-lmdb`. */
  readonly name: string
  /** What it shows, in a few words. */
  readonly shows: string
  /** Bugs that it must find. */
  readonly controls?: readonly PlantedBug[]
  measure(options: FigureOptions): Promise<Measured>
}

/** Short runs share the machine with whatever else it does: they judge no times, and only do not
 * hang. */
const HANG_MS = 60_000

/** How long something may take in this run, of what it may take on a machine that is at rest. */
export function limitMs(milliseconds: number, { short }: FigureOptions): number {
  return short ? HANG_MS : milliseconds
}
