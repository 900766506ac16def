/**
 * `npm run test:faults [-- [--figure NAME] [--short] [--bug NAME] [--controls]]`: measures the
 * figures, prints a JSON line for each, and exits with 1 if one is not reached. With --bug, the
 * service has a bug that the figure should find; --controls tries all bugs of each figure.
 */
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { interruption } from '../stack/processes.ts'
import type { Figure } from './figure.ts'
import { lineOf, measureFigure } from './measure.ts'

const { values } = parseArgs({
  options: {
    figure: { type: 'string' },
    short: { type: 'boolean', default: false },
    bug: { type: 'string' },
    controls: { type: 'boolean', default: false },
  },
})
const { signal } = interruption()

/** What the files of the folder export, in the order of their names. */
const all: Figure[] = []
const folder = new URL('./figures/', import.meta.url)
for (const name of (await readdir(folder, { recursive: true })).sort()) {
  if (!name.endsWith('.js')) continue
  const exported: object = await import(new URL(name, folder).href)
  all.push(...Object.values(exported).filter((each): each is Figure => 'measure' in each))
}
const figures = all.filter(({ name }) => (values.figure ?? name) === name)
if (figures.length === 0) throw new Error(`figures: ${all.map(({ name }) => name).join(', ')}`)
const controls = figures.flatMap((figure) => figure.controls ?? [])
const planted = controls.find((name) => name === values.bug)
if (planted !== values.bug) throw new Error(`bugs: ${[...new Set(controls)].join(', ')}`)

process.exitCode = 0
const parent = await mkdtemp(join(tmpdir(), 'magnetodb-faults-'))
try {
  for (const figure of figures) {
    const bugs = values.controls ? [undefined, ...(figure.controls ?? [])] : [planted]
    for (const bug of bugs) {
      const short = values.short || (values.controls && bug !== undefined)
      const result = await measureFigure(figure, { short, bug, parent, signal })
      console.log(lineOf(result))
      const isExpected = (result.faults.length === 0) === !(values.controls && bug !== undefined)
      if (!isExpected) process.exitCode = 1
    }
  }
} finally {
  await rm(parent, { recursive: true, force: true, maxRetries: 5 })
}
