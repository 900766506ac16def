import type { Seeded } from '../seeded.ts'
import type { SERVICE_BUGS } from './service-bugs.ts'

/** A defect of the service, or one that a figure without a service puts into its own driver. */
export type PlantedBug = keyof typeof SERVICE_BUGS | 'no-landmarks'

export interface FigureOptions {
  /** Takes a few seconds, for `npm test`. */
  readonly short: boolean
  readonly random: Seeded
  readonly bug?: PlantedBug | undefined
  /** A folder for this figure only. The caller removes it. */
  readonly folder: string
  /** Aborted when the run is interrupted. */
  readonly signal: AbortSignal
}

export interface Measured {
  /** Default: the number of faults. */
  readonly value?: number
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
  readonly controls?: readonly PlantedBug[]
  measure(options: FigureOptions): Promise<Measured>
}

/** Milliseconds. Short runs share a busy machine, so they check only that nothing hangs. */
const HANG_MS = 60_000

/** The time limit in this run, for a limit that holds on an idle machine. */
export function limitMs(milliseconds: number, { short }: FigureOptions): number {
  return short ? HANG_MS : milliseconds
}

/** @param rules by the fault that is observed if it is true */
export function violated(rules: Readonly<Record<string, boolean>>): string[] {
  return Object.keys(rules).filter((fault) => rules[fault])
}
