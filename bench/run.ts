/** `npm run bench`: MagnetoDB's operations compared with bare Node.js, dynalite and each other. */
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { requireProgram } from '../test/stack/prerequisite.ts'
import { note, runBench } from './command.ts'
import { additionsLine, hotCount } from './hot-item.ts'
import { type Options, parseOptions, USAGE } from './options.ts'
import { tableOf } from './report.ts'
import { comparisonLines, resultsOf, type Series } from './result.ts'
import { HOT_ITEM, prepare, rungsOf, type Sample } from './rung.ts'
import type { BenchServer } from './servers/bench-server.ts'
import { startServers } from './servers/start.ts'

const CONNECTIONS = 64
const WARM_UP_SECONDS = 1

async function bench(options: Options, signal: AbortSignal): Promise<void> {
  const wrk = requireProgram('wrk', 'install it (Debian and Ubuntu: apt-get install wrk)')
  const folder = await mkdtemp(join(tmpdir(), 'magnetodb-bench-'))
  const servers: BenchServer[] = []
  try {
    await startServers(options.servers, servers, { folder, signal, note })
    const lines: string[] = []
    const series = await measure(servers, { ...options, wrk, folder, signal }, lines)
    process.stdout.write(options.json ? json(series, lines) : text(options, series, lines))
  } finally {
    await Promise.allSettled(servers.map((server) => server.stop()))
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

/** Runs every rung once in each round, so that other load on the machine affects all of them. */
async function measure(
  servers: readonly BenchServer[],
  options: Options & {
    readonly wrk: string
    readonly folder: string
    readonly signal: AbortSignal
  },
  lines: string[],
): Promise<Series[]> {
  const { wrk, folder, signal, rounds, seconds } = options
  const wrkOptions = { wrk, folder, signal, connections: CONNECTIONS }
  const runners = []
  for (const [index, rung] of rungsOf(servers).entries()) {
    const runner = await prepare(rung, index, wrkOptions)
    await runner.run(WARM_UP_SECONDS)
    runners.push({ ...runner, samples: [] as Sample[] })
  }
  const hot = runners.find(({ rung }) => rung.operation === HOT_ITEM)
  const before = hot ? await hotCount(hot.rung.server) : 0
  for (let round = 1; round <= rounds; round++) {
    note(`round ${round} of ${rounds}`)
    for (const { run, samples } of runners) samples.push(await run(seconds))
  }
  if (hot) lines.push(await additionsLine(hot, before))
  lines.push(...comparisonLines(runners))
  return runners
}

function text(options: Options, series: readonly Series[], lines: readonly string[]): string {
  const load = loadavg()[0]?.toFixed(1)
  const about =
    `${options.rounds} rounds of ${options.seconds} s, ${CONNECTIONS} connections, Node.js ` +
    `${process.version}, ${availableParallelism()} cores, load average ${load} at the end.\n` +
    "MagnetoDB: 1 worker, Keystone's tokens in the cache (Keystone itself is played).\n"
  return `${about}\n${tableOf(resultsOf(series))}\n${lines.map((line) => `${line}\n`).join('')}`
}

function json(series: readonly Series[], lines: readonly string[]): string {
  const samples = series.map(({ rung, samples }) => ({
    operation: rung.operation,
    server: rung.server.name,
    samples,
  }))
  return `${JSON.stringify({ results: resultsOf(series), samples, lines }, null, 1)}\n`
}

await runBench({ usage: USAGE, parseOptions, bench })
