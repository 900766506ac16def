import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { seeded } from '../seeded.ts'
import type { Figure, FigureOptions } from './figure.ts'

const FAULTS_SHOWN_MAX = 5

/** Measures a figure with a folder in `parent`, which is removed afterwards. */
export async function measureFigure(
  figure: Figure,
  { parent, ...how }: Pick<FigureOptions, 'short' | 'bug' | 'signal'> & { readonly parent: string },
) {
  const { name, shows } = figure
  const random = seeded(`figure ${name}, ${shows}`)
  const folder = await mkdtemp(join(parent, 'figure-'))
  const since = performance.now()
  try {
    const measured = await figure.measure({ ...how, random, folder })
    const seconds = Math.round((performance.now() - since) / 100) / 10
    const told = { figure: name, shows, bug: how.bug, seconds, seed: random.seed }
    return { ...told, value: measured.faults.length, ...measured }
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** One line of JSON. */
export function lineOf(result: Awaited<ReturnType<typeof measureFigure>>): string {
  const { faults, detail, ...told } = result
  const reached = faults.length === 0
  const shown = reached ? {} : { faults: faults.slice(0, FAULTS_SHOWN_MAX) }
  return JSON.stringify({ ...told, reached, ...detail, ...shown })
}
