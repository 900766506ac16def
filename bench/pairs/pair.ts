import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requireProgram } from '../../test/stack/prerequisite.ts'
import { note } from '../command.ts'
import { median } from '../result.ts'
import { prepare, type Runner } from '../rung.ts'
import type { BenchServer } from '../servers/bench-server.ts'
import { type Operation, workloadOf } from '../workload.ts'
import { pin } from './pinned.ts'

/** To each server. */
const CONNECTIONS = 32
const WARM_UP_SECONDS = 3

/**
 * Two servers whose costs per request are compared. They are loaded at the same time on one CPU:
 * what else the machine does changes the cost by a fifth from one second to the next, and then
 * changes both.
 */
export interface Pair {
  readonly start: readonly [first: () => Promise<BenchServer>, second: () => Promise<BenchServer>]
  readonly operations: readonly Operation[]
}

export interface PairOptions {
  /** A process keeps what its compiler made of its first requests, so the servers are started
   * several times. */
  readonly starts: number
  /** Per operation and start. */
  readonly rounds: number
  /** Per round. */
  readonly seconds: number
}

export const PAIR_USAGE = '[--starts N] [--rounds N] [--seconds N]'

/** For `parseArgs`. */
export const PAIR_ARGUMENTS = {
  starts: { type: 'string', default: '4' },
  rounds: { type: 'string', default: '15' },
  seconds: { type: 'string', default: '2' },
} as const

export function pairOptions(
  values: Readonly<Record<keyof typeof PAIR_ARGUMENTS, string>>,
): PairOptions {
  const options = {
    starts: Number(values.starts),
    rounds: Number(values.rounds),
    seconds: Number(values.seconds),
  }
  if (!Object.values(options).every((value) => value > 0)) throw new Error('numbers are above 0')
  return options
}

/** Headings of the columns that `comparePair` returns. */
export function pairHeadings(first: string, second: string): string[] {
  const ratios = [`${second} : ${first}`, 'quartiles', 'of each start']
  return ['operation', `${first}, CPU us`, `${second}, CPU us`, ...ratios]
}

/** CPU time per request of both servers in each round of one start. */
type Costs = readonly [first: number[], second: number[]]

/** @returns a row for each operation */
export async function comparePair(
  { start, operations }: Pair,
  options: PairOptions,
  signal: AbortSignal,
): Promise<string[][]> {
  const wrk = requireProgram('wrk', 'install it (Debian and Ubuntu: apt-get install wrk)')
  const folder = await mkdtemp(join(tmpdir(), 'magnetodb-bench-'))
  const load = { wrk, folder, signal, connections: CONNECTIONS }
  const costs = new Map<Operation, Costs[]>(operations.map((operation) => [operation, []]))
  try {
    for (let number = 1; number <= options.starts; number++) {
      note(`start ${number} of ${options.starts}`)
      // The servers take turns to be the first.
      const servers = await startBoth(start, number % 2 === 0 ? [1, 0] : [0, 1])
      try {
        for (const operation of operations) {
          costs.get(operation)?.push(await costsOf(operation, servers, options, load))
        }
      } finally {
        await Promise.allSettled(servers.map((server) => server.stop()))
      }
    }
    return [...costs].map(([operation, all]) => [operation, ...figures(all)])
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5 })
  }
}

async function startBoth(start: Pair['start'], order: readonly (0 | 1)[]): Promise<BenchServer[]> {
  const servers: BenchServer[] = []
  try {
    for (const index of order) servers[index] = await start[index]()
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
  { rounds, seconds }: PairOptions,
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
  const ofStarts = starts.map(([first, second]) =>
    second.map((cost, round) => cost / (first[round] ?? Number.NaN)),
  )
  const ratios = ofStarts.flat()
  const sorted = ratios.toSorted((a, b) => a - b)
  const quartile = (share: number) => sorted[Math.floor((sorted.length - 1) * share)]?.toFixed(3)
  return [
    median(starts.flatMap(([first]) => first)).toFixed(1),
    median(starts.flatMap(([, second]) => second)).toFixed(1),
    median(ratios).toFixed(3),
    `${quartile(0.25)} to ${quartile(0.75)}`,
    ofStarts.map((each) => median(each).toFixed(3)).join(', '),
  ]
}
