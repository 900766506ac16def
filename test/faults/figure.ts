import type { Seeded } from '../seeded.ts'

/** Bugs that doctored-main.ts plants into the service, to show that a figure finds them. */
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

/** Bugs that a figure without a service plants into its own driver. */
const DRIVER_BUGS = ['no-landmarks'] as const

export const PLANTED_BUGS = [...SERVICE_BUGS, ...DRIVER_BUGS] as const
export type PlantedBug = (typeof PLANTED_BUGS)[number]

export interface FigureOptions {
  /** Takes a few seconds, for `npm test`. */
  readonly short: boolean
  readonly random: Seeded
  readonly bug?: PlantedBug
  /** A folder for this figure only. The caller removes it. */
  readonly folder: string
  /** Aborted when the run is interrupted. */
  readonly signal: AbortSignal
}

export interface Measured {
  /** The measured value, usually a count of errors. */
  readonly value: number
  readonly target: string
  /** Violations that were observed. The figure is reached if there are none. */
  readonly faults: readonly string[]
  /** Other measurements. */
  readonly detail: Readonly<Record<string, unknown>>
}

export interface Figure {
  /** A unique number that never changes, or a word; with several storages also the storage, as in
   * `8-lmdb`. */
  readonly name: string
  /** A short description, which follows "no" in a test's title. */
  readonly shows: string
  /** Bugs that it must find. */
  readonly controls: readonly PlantedBug[]
  measure(options: FigureOptions): Promise<Measured>
}

/** Milliseconds. Short runs share a busy machine, so they check only that nothing hangs. */
const HANG_MS = 60_000

/** The time limit in this run, for a limit that holds on an idle machine. */
export function limitMs(milliseconds: number, { short }: FigureOptions): number {
  return short ? HANG_MS : milliseconds
}
