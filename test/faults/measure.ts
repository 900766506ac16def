import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { seeded } from '../seeded.ts'
import type { Figure, Measured, PlantedBug } from './figure.ts'

const FAULTS_SHOWN_MAX = 5

export type Result = Measured & {
  readonly figure: string
  readonly shows: string
  readonly bug: PlantedBug | undefined
  readonly seconds: number
  readonly seed: number
}

/** Measures a figure with a folder in `parent`, which is removed afterwards. */
export async function measureFigure(
  figure: Figure,
  options: {
    readonly short: boolean
    readonly bug?: PlantedBug | undefined
    readonly parent: string
    readonly signal: AbortSignal
  },
): Promise<Result> {
  const { short, bug, parent, signal } = options
  const random = seeded(`figure ${figure.name}, ${figure.shows}`)
  const folder = await mkdtemp(join(parent, 'figure-'))
  const since = performance.now()
  try {
    const control = bug === undefined ? {} : { bug }
    const measured = await figure.measure({ short, random, folder, signal, ...control })
    const seconds = Math.round((performance.now() - since) / 100) / 10
    const { name, shows } = figure
    return { figure: name, shows, bug, seconds, seed: random.seed, ...measured }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** One line of JSON. */
export function lineOf(result: Result): string {
  const { faults, detail, ...told } = result
  const reached = faults.length === 0
  const shown = reached ? {} : { faults: faults.slice(0, FAULTS_SHOWN_MAX) }
  return JSON.stringify({ ...told, reached, ...detail, ...shown })
}
