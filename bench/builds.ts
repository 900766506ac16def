/** `npm run bench:builds`: the cost of a request in two builds, which take turns on LMDB. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { requireProgram } from '../test/stack/prerequisite.ts'
import { projectRoot } from '../test/stack/project.ts'
import { note, runBench } from './command.ts'
import { median } from './result.ts'
import { prepare } from './rung.ts'
import type { BenchServer } from './servers/bench-server.ts'
import { startMagnetodb } from './servers/magnetodb.ts'
import { markdownTable } from './table.ts'
import { workloadOf } from './workload.ts'

const CONNECTIONS = 64
const WARM_UP_SECONDS = 3
const OPERATIONS = ['GetItem', 'PutItem'] as const
const HEADINGS = ['operation', 'before, CPU us', 'after, CPU us', 'after : before', 'quartiles']
const USAGE =
  'npm run bench:builds -- --before DIR [--after DIR] [--rounds N] [--seconds N]\n' +
  'DIR is a checkout with its dist/; --after is this one unless given.'

interface Options {
  readonly folders: readonly [before: string, after: string]
  readonly rounds: number
  readonly seconds: number
}

function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      before: { type: 'string' },
      after: { type: 'string', default: projectRoot() },
      rounds: { type: 'string', default: '15' },
      seconds: { type: 'string', default: '1' },
    },
  })
  if (values.before === undefined) throw new Error('--before is needed')
  const folders = [resolve(values.before), resolve(values.after)] as const
  return { folders, rounds: Number(values.rounds), seconds: Number(values.seconds) }
}

async function bench({ folders, rounds, seconds }: Options, signal: AbortSignal): Promise<void> {
  const wrk = requireProgram('wrk', 'install it (Debian and Ubuntu: apt-get install wrk)')
  const folder = await mkdtemp(join(tmpdir(), 'magnetodb-bench-'))
  const servers: BenchServer[] = []
  try {
    for (const each of folders) {
      servers.push(await startMagnetodb('lmdb', {}, join(each, 'dist/src/main.js')))
    }
    const rows: string[][] = []
    for (const operation of OPERATIONS) {
      const runners = []
      for (const [index, server] of servers.entries()) {
        const workload = workloadOf(operation, server.wire)
        const rung = { operation, server, workload, countsUnknown: false }
        const options = { wrk, folder, signal, connections: CONNECTIONS }
        const runner = await prepare(rung, index, options)
        await runner.run(WARM_UP_SECONDS)
        runners.push({ run: runner.run, costs: [] as number[] })
      }
      for (let round = 1; round <= rounds; round++) {
        note(`${operation}, round ${round} of ${rounds}`)
        // The builds take turns to be first, in case the first one has a disadvantage.
        const inTurn = round % 2 === 0 ? runners : runners.toReversed()
        for (const { run, costs } of inTurn) costs.push((await run(seconds)).cpuUs)
      }
      rows.push([operation, ...figures(runners[0]?.costs ?? [], runners[1]?.costs ?? [])])
    }
    process.stdout.write(markdownTable(HEADINGS, rows, 1))
  } finally {
    await Promise.allSettled(servers.map((server) => server.stop()))
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Medians. The median ratio is that of the rounds' ratios. */
function figures(before: readonly number[], after: readonly number[]): string[] {
  const ratios = after.map((cost, round) => cost / (before[round] ?? Number.NaN))
  const sorted = ratios.toSorted((a, b) => a - b)
  const quartile = (share: number) => sorted[Math.floor((sorted.length - 1) * share)]?.toFixed(3)
  return [
    median(before).toFixed(1),
    median(after).toFixed(1),
    median(ratios).toFixed(3),
    `${quartile(0.25)} to ${quartile(0.75)}`,
  ]
}

await runBench({ usage: USAGE, parseOptions, bench })
