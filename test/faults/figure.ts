import type { Seeded } from '../seeded.ts'

/** Defects that doctored-main.ts puts into the service, to see that a figure finds them. */
const SERVICE_BUGS = [
  'budget-per-operation',
  'denied-outage',
  'dropped-acknowledgement',
  'early-acknowledgement',
  'flipped-acknowledgement',
  'forgeable-entries',
  'leaked-descriptors',
  'no-pauses',
  'no-refusals',
  'no-sync',
  'one-pot',
  'stale-read',
  'told-tokens',
  'uncached-tokens',
  'undrained-exit',
  'untold-revocations',
] as const
export type ServiceBug = (typeof SERVICE_BUGS)[number]

/** Defects that a figure without a service puts into its own driver. */
const DRIVER_BUGS = ['no-landmarks'] as const

export const PLANTED_BUGS = [...SERVICE_BUGS, ...DRIVER_BUGS] as const
export type PlantedBug = (typeof PLANTED_BUGS)[number]

export interface FigureOptions {
  /** The few seconds of `npm test` instead of the whole. */
  readonly short: boolean
  readonly random: Seeded
  readonly bug?: PlantedBug
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
  readonly controls: readonly PlantedBug[]
  measure(options: FigureOptions): Promise<Measured>
}

/** Short runs share the machine with whatever else it does: they judge no times, and only do not
 * hang. */
const HANG_MS = 60_000

/** How long something may take in this run, of what it may take on a machine that is at rest. */
export function limitMs(milliseconds: number, { short }: FigureOptions): number {
  return short ? HANG_MS : milliseconds
}
