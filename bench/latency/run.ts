/** `npm run bench:latency`: the latency of every kind of operation at half of its peak rate. */
import { mkdtemp, rm } from 'node:fs/promises'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { note, runBench } from '../command.ts'
import { post, postAll } from '../post.ts'
import type { BenchServer } from '../servers/bench-server.ts'
import { BENCH_PROJECT_ID, BENCH_TOKEN } from '../servers/magnetodb.ts'
import { startServers } from '../servers/start.ts'
import { markdownTable } from '../table.ts'
import { Generator } from './generator.ts'
import { CONNECTIONS, indexedTable, type Kind, kindsOf } from './kinds.ts'
import { type KindFigures, measure } from './measure.ts'

const SERVERS = ['memory', 'lmdb', 'cassandra'] as const
const DEFAULT_SERVERS: readonly string[] = ['lmdb', 'cassandra']
const USAGE =
  'npm run bench:latency -- [--only SERVER,SERVER] [--kinds TEXT] [--seconds N]\n' +
  `Servers: ${SERVERS.join(', ')}; --kinds: those whose name holds the text.`

/** The kind with which the bare server shows the cost of the measurement itself. */
const BARE_KIND = 'get_item'

interface Options {
  readonly servers: readonly (typeof SERVERS)[number][]
  readonly kinds: string
  readonly seconds: number
}

/** @throws Error with a message for the user, if the arguments are invalid */
function parseOptions(args: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...args],
    options: {
      only: { type: 'string', default: DEFAULT_SERVERS.join() },
      kinds: { type: 'string', default: '' },
      seconds: { type: 'string', default: '4' },
    },
  })
  const named = values.only.split(',')
  const servers = SERVERS.filter((name) => named.includes(name))
  if (servers.length < named.length) throw new Error(`there is no such server in ${values.only}`)
  if (!/^[1-9]\d?$/.test(values.seconds)) throw new Error('--seconds must be from 1 to 99')
  return { servers, kinds: values.kinds, seconds: Number(values.seconds) }
}

/** Measures one server after another, so that background work of one does not slow the next. */
async function bench({ servers, kinds, seconds }: Options, signal: AbortSignal): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'magnetodb-latency-'))
  const generator = new Generator(signal)
  const all = kindsOf(BENCH_PROJECT_ID, BENCH_TOKEN)
  const asked = all.filter(({ name }) => name.includes(kinds))
  const bare = all.filter(({ name }) => name === BARE_KIND)
  const results: KindFigures[] = []
  try {
    for (const name of ['bare', ...servers] as const) {
      const started: BenchServer[] = []
      try {
        await startServers([name], started, { folder, signal, note })
        for (const server of started) {
          if (name !== 'bare') await makeIndexedTable(server)
          const measured = name === 'bare' ? bare : asked
          for (const kind of measured) results.push(await of(server, kind))
        }
      } finally {
        await Promise.allSettled(started.map((server) => server.stop()))
      }
    }
  } finally {
    generator.stop()
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
  process.stdout.write(text(results, seconds))

  async function of(server: BenchServer, kind: Kind): Promise<KindFigures> {
    const figures = await measure(server, kind, generator, seconds)
    const { failed, failure, p99 } = figures.halfOfPeak
    const told = failed === 0 ? `p99 ${p99.toFixed(1)} ms` : `${failed} failed: ${failure}`
    note(`${server.name}: ${kind.name}: ${told}`)
    return figures
  }
}

async function makeIndexedTable({ url }: BenchServer): Promise<void> {
  const { create, load } = indexedTable(BENCH_PROJECT_ID, BENCH_TOKEN)
  await post(url, create)
  await postAll(url, load)
}

const HEADINGS = [
  ...[
    'operation',
    'server',
    'peak/s',
    'at/s',
    'p50 ms',
    'p95 ms',
    'p99 ms',
    'under 10 ms',
    'failed',
  ],
]
const TEXT_COLUMNS = 2

function text(results: readonly KindFigures[], seconds: number): string {
  const load = loadavg()[0]?.toFixed(1)
  const about =
    `${seconds} s of each kind at half of its peak, ${CONNECTIONS} connections, Node.js ` +
    `${process.version}, ${availableParallelism()} cores, load average ${load} at the end.`
  const table = markdownTable(HEADINGS, results.map(cells), TEXT_COLUMNS)
  return `${about}\n\n${table}\n${JSON.stringify({ about, results })}\n`
}

function cells({ operation, server, peakRate, halfOfPeak }: KindFigures): string[] {
  const { sent, failed, p50, p95, p99, quickShare } = halfOfPeak
  return [
    ...[operation, server, peakRate.toFixed(0), (peakRate / 2).toFixed(0)],
    ...[p50.toFixed(2), p95.toFixed(2), p99.toFixed(2)],
    `${(quickShare * 100).toFixed(1)} %`,
    failed === 0 ? '0' : `${failed} of ${sent}`,
  ]
}

await runBench({ usage: USAGE, parseOptions, bench })
