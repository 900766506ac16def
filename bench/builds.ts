/**
 * `npm run bench:builds`: the cost of a request in two builds on LMDB. They are loaded at the same
 * time on one CPU, since what else the machine does changes the cost by a fifth from one second to
 * the next, and then changes both.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { requireProgram } from '../test/stack/prerequisite.ts'
import { projectRoot } from '../test/stack/project.ts'
import { note, runBench } from './command.ts'
import { pin } from './pinned.ts'
import { median } from './result.ts'
import { prepare, type Runner } from './rung.ts'
import type { BenchServer } from './servers/bench-server.ts'
import { startMagnetodb } from './servers/magnetodb.ts'
import { markdownTable } from './table.ts'
import { type Operation, workloadOf } from './workload.ts'

/** To each build. */
const CONNECTIONS = 32
const WARM_UP_SECONDS = 3
const OPERATIONS: readonly Operation[] = ['GetItem', 'PutItem']
const HEADINGS = [
  ...['operation', 'before, CPU us', 'after, CPU us', 'after : before', 'quartiles'],
  'of each start',
]
const USAGE =
  'npm run bench:builds -- --before DIR [--after DIR] [--starts N] [--rounds N] [--seconds N]\n' +
  'DIR is a checkout with its dist/; --after is this one unless given. A process keeps what its\n' +
  'compiler made of its first requests, so both builds are started several times.'

interface Options {
  readonly folders: readonly [before: string, after: string]
  readonly starts: number
  readonly rounds: number
  readonly seconds: number
}

/** CPU time per request of both builds in each round of one start. */
type Costs = readonly [before: number[], after: number[]]

function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      before: { type: 'string' },
      after: { type: 'string', default: projectRoot() },
      starts: { type: 'string', default: '3' },
      rounds: { type: 'string', default: '15' },
      seconds: { type: 'string', default: '1' },
    },
  })
  if (values.before === undefined) throw new Error('--before is needed')
  const folders = [resolve(values.before), resolve(values.after)] as const
  const [starts, rounds, seconds] = [values.starts, values.rounds, values.seconds].map(Number)
  if (!starts || !rounds || !seconds) throw new Error('the numbers must be above 0')
  return { folders, starts, rounds, seconds }
}

async function bench(options: Options, signal: AbortSignal): Promise<void> {
  const wrk = requireProgram('wrk', 'install it (Debian and Ubuntu: apt-get install wrk)')
  const folder = await mkdtemp(join(tmpdir(), 'magnetodb-bench-'))
  const costs = new Map<Operation, Costs[]>(OPERATIONS.map((operation) => [operation, []]))
  try {
    for (let start = 1; start <= options.starts; start++) {
      note(`start ${start} of ${options.starts}`)
      const servers = await startBoth(options.folders, start)
      try {
        for (const operation of OPERATIONS) {
          const load = { wrk, folder, signal, connections: CONNECTIONS }
          costs.get(operation)?.push(await costsOf(operation, servers, options, load))
        }
      } finally {
        await Promise.allSettled(servers.map((server) => server.stop()))
      }
    }
    const rows = [...costs].map(([operation, all]) => [operation, ...figures(all)])
    process.stdout.write(markdownTable(HEADINGS, rows, 1))
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** The builds take turns to be started first. */
async function startBoth(folders: Options['folders'], start: number): Promise<BenchServer[]> {
  const servers: BenchServer[] = []
  const order = start % 2 === 0 ? [1, 0] : [0, 1]
  try {
    for (const index of order) {
      const main = join(folders[index] ?? '', 'dist/src/main.js')
      servers[index] = await startMagnetodb('lmdb', {}, main)
    }
    pin(servers.map(({ pid }) => pid))
    return servers
  } catch (error) {
    await Promise.allSettled(servers.map((server) => server?.stop()))
    throw error
  }
}

async function costsOf(
  operation: Operation,
  servers: readonly BenchServer[],
  { rounds, seconds }: Options,
  load: Parameters<typeof prepare>[2],
): Promise<Costs> {
  const runners: Runner[] = []
  for (const [index, server] of servers.entries()) {
    const workload = workloadOf(operation, server.wire)
    const rung = { operation, server, workload, countsUnknown: false }
    const runner = await prepare(rung, index, load)
    await runner.run(WARM_UP_SECONDS)
    runners.push(runner)
  }
  const costs: Costs = [[], []]
  for (let round = 1; round <= rounds; round++) {
    note(`${operation}, round ${round} of ${rounds}`)
    // The builds take turns to be first, in case the first one has a disadvantage.
    const order = round % 2 === 0 ? [0, 1] : [1, 0]
    await Promise.all(
      order.map(async (index) => {
        const sample = await runners[index]?.run(seconds)
        costs[index]?.push(sample?.cpuUs ?? Number.NaN)
      }),
    )
  }
  return costs
}

/** Medians. The median ratio is that of all rounds' ratios. */
function figures(starts: readonly Costs[]): string[] {
  const ofStarts = starts.map(([before, after]) =>
    after.map((cost, round) => cost / (before[round] ?? Number.NaN)),
  )
  const ratios = ofStarts.flat()
  const sorted = ratios.toSorted((a, b) => a - b)
  const quartile = (share: number) => sorted[Math.floor((sorted.length - 1) * share)]?.toFixed(3)
  return [
    median(starts.flatMap(([before]) => before)).toFixed(1),
    median(starts.flatMap(([, after]) => after)).toFixed(1),
    median(ratios).toFixed(3),
    `${quartile(0.25)} to ${quartile(0.75)}`,
    ofStarts.map((each) => median(each).toFixed(3)).join(', '),
  ]
}

await runBench({ usage: USAGE, parseOptions, bench })
