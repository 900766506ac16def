/**
 * `npm run test:faults [-- [--figure NAME] [--short] [--bug NAME] [--controls]]`: measures the
 * figures, prints a JSON line for each, and exits with 1 if one is not reached. With --bug, the
 * service has a bug that the figure should find; --controls tries all bugs of each figure.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { killAllGroups } from '../stack/processes.ts'
import { PLANTED_BUGS } from './figure.ts'
import { FIGURES } from './figures.ts'
import { lineOf, measureFigure } from './measure.ts'

const { values } = parseArgs({
  options: {
    figure: { type: 'string' },
    short: { type: 'boolean', default: false },
    bug: { type: 'string' },
    controls: { type: 'boolean', default: false },
  },
})
const interrupted = new AbortController()
process.on('SIGINT', () => interrupted.abort())
process.on('SIGTERM', () => interrupted.abort())
process.once('exit', killAllGroups)

const figures = FIGURES.filter(({ name }) => (values.figure ?? name) === name)
if (figures.length === 0) throw new Error(`figures: ${FIGURES.map(({ name }) => name).join(', ')}`)
const planted = PLANTED_BUGS.find((name) => name === values.bug)
if (planted !== values.bug) throw new Error(`bugs: ${PLANTED_BUGS.join(', ')}`)

process.exitCode = 0
const parent = await mkdtemp(join(tmpdir(), 'magnetodb-faults-'))
try {
  for (const figure of figures) {
    const bugs = values.controls ? [undefined, ...figure.controls] : [planted]
    for (const bug of bugs) {
      const short = values.short || (values.controls && bug !== undefined)
      const result = await measureFigure(figure, { short, bug, parent, signal: interrupted.signal })
      console.log(lineOf(result))
      const isExpected = (result.faults.length === 0) === !(values.controls && bug !== undefined)
      if (!isExpected) process.exitCode = 1
    }
  }
} finally {
  await rm(parent, { recursive: true, force: true, maxRetries: 5 })
}
