import { post, postAll } from '../post.ts'
import type { BenchServer } from '../servers/bench-server.ts'
import { BENCH_PROJECT_ID, BENCH_TOKEN } from '../servers/magnetodb.ts'
import type { Call } from '../wire.ts'
import type { Figures } from './figures.ts'
import type { Generator } from './generator.ts'
import type { Kind } from './kinds.ts'

export interface KindFigures {
  readonly operation: string
  readonly server: string
  /** Requests per second at full load. */
  readonly peakRate: number
  readonly halfOfPeak: Figures
}

const WARM_UP_SECONDS = 0.5
const PEAK_SECONDS = 1.5
/** The warm-up uses one of this many parts of the data prepared for the peak. */
const WARM_UP_PARTS = 4
/** Requests at least, even on a very slow server. */
const REQUESTS_MIN = 20

/** Measures a kind's peak rate, with all connections always busy, then the latency at half of
 * it. */
export async function measure(
  { name: server, url }: Pick<BenchServer, 'name' | 'url'>,
  kind: Kind,
  generator: Generator,
  seconds: number,
): Promise<KindFigures> {
  const { connections, prepared } = kind
  const most = prepared?.peakRequests ?? Number.POSITIVE_INFINITY
  let first = 0
  const run = async (requests: number, duration: number, rate?: number) => {
    if (prepared) await postAll(url, prepared.calls(first, requests))
    const figures = await generator.run({
      ...{ url, projectId: BENCH_PROJECT_ID, token: BENCH_TOKEN, kind: kind.name, first },
      load: { connections, requests, seconds: duration, ...(rate === undefined ? {} : { rate }) },
    })
    first += prepared ? requests : figures.sent
    return figures
  }
  if (prepared) await postAll(url, prepared.calls(0, 1))
  await check(url, kind.request(first++), kind.shows)
  await run(most / WARM_UP_PARTS, WARM_UP_SECONDS)
  const peak = await run(most, PEAK_SECONDS)
  if (peak.rate === 0) throw new Error(`${server}: ${kind.name}: ${peak.failure}`)
  const rate = peak.rate / 2
  const halfOfPeak = await run(Math.max(REQUESTS_MIN, Math.round(rate * seconds)), seconds, rate)
  return { operation: kind.name, server, peakRate: peak.rate, halfOfPeak }
}

async function check(url: string, call: Call, shows: string): Promise<void> {
  const answer = JSON.stringify(await post(url, call))
  if (!answer.includes(shows)) throw new Error(`${call.path} answered ${answer.slice(0, 500)}`)
}
