/** `npm run bench:builds`: the cost of a request in two builds on LMDB. */
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { projectRoot } from '../../test/stack/project.ts'
import { runBench } from '../command.ts'
import { startMagnetodb } from '../servers/magnetodb.ts'
import { markdownTable } from '../table.ts'
import {
  comparePair,
  PAIR_ARGUMENTS,
  PAIR_USAGE,
  type PairOptions,
  pairHeadings,
  pairOptions,
} from './pair.ts'

const USAGE =
  `npm run bench:builds -- --before DIR [--after DIR] ${PAIR_USAGE}\n` +
  'DIR is a checkout with its dist/; --after is this one unless given.'

interface Options extends PairOptions {
  readonly before: string
  readonly after: string
}

function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      ...PAIR_ARGUMENTS,
      before: { type: 'string' },
      after: { type: 'string', default: projectRoot() },
    },
  })
  if (values.before === undefined) throw new Error('--before is needed')
  return { ...pairOptions(values), before: resolve(values.before), after: resolve(values.after) }
}

async function bench(options: Options, signal: AbortSignal): Promise<void> {
  const start = (folder: string) => () =>
    startMagnetodb('lmdb', {}, join(folder, 'dist/src/main.js'))
  const rows = await comparePair(
    { start: [start(options.before), start(options.after)], operations: ['GetItem', 'PutItem'] },
    options,
    signal,
  )
  process.stdout.write(markdownTable(pairHeadings('before', 'after'), rows, 1))
}

await runBench({ usage: USAGE, parseOptions, bench })
