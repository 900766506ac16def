import { scheduledTime } from '../../scheduled-time.ts'
import { quantile, rounded } from '../../support/quantile.ts'
import { type Figure, type Measured, violated } from '../figure.ts'
import { onStorage } from '../figure-service.ts'
import { megabytesOf } from '../held.ts'
import { type Arrival, type OpenLoop, withOpenLoop } from '../open-loop.ts'
import { equal, fillPartition, WRITTEN_TABLE } from '../written-item.ts'

/** Items that the Query counts. It then costs twenty times as much as a refusal. */
const ITEMS = 500
/** More than the queue's limit of such requests. With fewer, the loop would be closed, and no
 * request would be refused. */
const CONNECTIONS = 4_000
const PEAK_CONNECTIONS = 32
const RSS_INTERVAL_MS = 200

type Plan = Readonly<typeof PLAN>

const PLAN = {
  /** Each round is an overload and a lower load between two measurements of the peak, because the
   * machine's speed changes. */
  rounds: 8,
  ...{ warmUpSeconds: 3, peakSeconds: 2, seconds: 5, secondsAfterwards: 3 },
  /** Multiples of the peak: during the overload and afterwards. */
  times: 3,
  timesAfterwards: 0.5,
  goodputMin: 0.8,
  /** These two without the time in which the service waited for a CPU. */
  servedP50MsMax: 1_500,
  refusedP99MsMax: 100,
  memoryTimesMax: 2,
  recoverySecondsMax: 3,
}

/** The machine may be several times slower or faster than when the peak was measured. */
const PLAN_SHORT: Plan = {
  ...PLAN,
  rounds: 1,
  ...{ warmUpSeconds: 1, peakSeconds: 1, seconds: 4, secondsAfterwards: 4 },
  ...{ times: 5, timesAfterwards: 0.2, goodputMin: 0.2 },
  ...{ servedP50MsMax: 2_500, refusedP99MsMax: Number.POSITIVE_INFINITY },
}

/** Much work with a short response, so that one process can send enough requests. */
const COUNTING = {
  path: `tables/${WRITTEN_TABLE}/query`,
  body: JSON.stringify({ key_conditions: { lane: equal('overload') }, select: 'COUNT' }),
}

/** Sends three times as many requests as the service can serve, then half as many. */
export const OVERLOAD: Figure = {
  name: '10',
  shows: 'service that fails under more requests than it can serve',
  controls: ['no-refusals'],
  measure: onStorage('lmdb', { workers: 1 }, async (service, { short }) => {
    await fillPartition(service.client(), 'overload', ITEMS)
    return withOpenLoop(service.port, COUNTING, CONNECTIONS, (load) =>
      measure(short ? PLAN_SHORT : PLAN, load, service.workers()),
    )
  }),
}

async function measure(plan: Plan, load: OpenLoop, pids: readonly number[]): Promise<Measured> {
  // Uses each connection once, so that the first measurement includes its memory.
  await load.saturate(CONNECTIONS, plan.warmUpSeconds)
  const resident = () => megabytesOf('VmRSS', pids)
  const megabytes = [resident()]
  const timer = setInterval(() => megabytes.push(resident()), RSS_INTERVAL_MS)
  const [worker = 0] = pids
  const rounds: Round[] = []
  try {
    for (let before = await measurePeak(plan, load, worker); rounds.length < plan.rounds; ) {
      const { perAvailableSecond, ...seen } = await measureRound(plan, load, worker, before)
      const after = await measurePeak(plan, load, worker)
      const peak = (before.perAvailableSecond + after.perAvailableSecond) / 2
      rounds.push({ goodput: perAvailableSecond / peak, peak: Math.round(peak), ...seen })
      before = after
    }
  } finally {
    clearInterval(timer)
  }
  const all = (key: keyof Round) => rounds.map((round) => round[key])
  const goodput = quantile(all('goodput'), 0.5)
  const servedP50Ms = quantile(all('servedP50Ms'), 0.5)
  const refusedP99Ms = quantile(all('refusedP99Ms'), 0.5)
  const [others, unready] = [Math.max(...all('others')), Math.max(...all('unready'))]
  const recoverySeconds = Math.max(...all('recoverySeconds'))
  const memoryTimes = Math.max(...megabytes) / (megabytes[0] ?? 1)
  return {
    value: rounded(goodput),
    target: `goodput >= ${plan.goodputMin} of the peak, the rest refused`,
    faults: violated({
      [`goodput fell to ${rounded(goodput)} of the peak`]: !(goodput >= plan.goodputMin),
      [`${others} answers of a round had another status`]: others > 0,
      [`${unready} refusals of a round were without Retry-After`]: unready > 0,
      [`p50 of those served ${servedP50Ms} ms`]: servedP50Ms > plan.servedP50MsMax,
      [`p99 of refusals ${refusedP99Ms} ms`]: refusedP99Ms > plan.refusedP99MsMax,
      [`memory grew ${rounded(memoryTimes)} times`]: memoryTimes > plan.memoryTimesMax,
      [`recovery in ${recoverySeconds} s`]: recoverySeconds > plan.recoverySecondsMax,
    }),
    detail: {
      rounds: rounds.map((round) => ({ ...round, goodput: rounded(round.goodput) })),
      ...{ memoryTimes: rounded(memoryTimes), servedP50Ms, refusedP99Ms },
    },
  }
}

/** Requests served per second, also per second in which the service had a CPU or wanted none. */
async function measurePeak({ peakSeconds }: Plan, load: OpenLoop, worker: number) {
  const available = availableTime(worker)
  const { length } = withStatus(await load.saturate(PEAK_CONNECTIONS, peakSeconds), 200)
  return { perAvailableSecond: length / available(), perSecond: length / peakSeconds }
}

type Peak = Awaited<ReturnType<typeof measurePeak>>

async function measureRound(plan: Plan, load: OpenLoop, worker: number, peak: Peak) {
  const { times, seconds, timesAfterwards, secondsAfterwards } = plan
  const available = availableTime(worker)
  let availableSeconds = seconds
  const timer = setTimeout(() => {
    availableSeconds = available()
  }, seconds * 1_000)
  const arrivals = await load.run([
    { perSecond: times * peak.perSecond, seconds },
    { perSecond: timesAfterwards * peak.perSecond, seconds: secondsAfterwards },
  ])
  clearTimeout(timer)
  const endMs = seconds * 1_000
  const during = arrivals.filter(({ dueMs }) => dueMs < endMs)
  const served = withStatus(during, 200)
  const refused = withStatus(during, 503)
  /** In milliseconds, without waits for a CPU. */
  const typical = (some: readonly Arrival[], share: number) =>
    Math.round((availableSeconds / seconds) * quantile(latenciesOf(some), share))
  return {
    perAvailableSecond:
      served.filter(({ dueMs, latencyMs }) => dueMs + latencyMs < endMs).length / availableSeconds,
    availableShare: rounded(availableSeconds / seconds),
    /** Requests due per available second, as a multiple of the peak before. */
    times: rounded(during.length / availableSeconds / peak.perAvailableSecond),
    ...{ due: during.length, refused: refused.length },
    others: arrivals.length - withStatus(arrivals, 200).length - withStatus(arrivals, 503).length,
    unready: refused.filter(({ hasRetryAfter }) => !hasRetryAfter).length,
    ...{ servedP50Ms: typical(served, 0.5), servedP99Ms: typical(served, 0.99) },
    ...{ refusedP50Ms: typical(refused, 0.5), refusedP99Ms: typical(refused, 0.99) },
    refusedMsMax: Math.round(Math.max(0, ...latenciesOf(refused))),
    recoverySeconds: recovery(plan, arrivals),
  }
}

/** `peak`: requests served per available second before and after. `goodput`: during the overload,
 * as a share of the peak. */
type Round = Omit<Awaited<ReturnType<typeof measureRound>>, 'perAvailableSecond'> & {
  readonly goodput: number
  readonly peak: number
}

/** Returns a clock of the seconds from now on, without those in which the process waited for a
 * CPU. */
function availableTime(pid: number): () => number {
  const since = performance.now()
  const { waitedMs } = scheduledTime(pid)
  return () => (performance.now() - since - (scheduledTime(pid).waitedMs - waitedMs)) / 1_000
}

/** Seconds after the overload until more than four fifths of each second's requests are served. */
function recovery(plan: Plan, arrivals: readonly Arrival[]): number {
  for (let second = plan.secondsAfterwards; second > 0; second--) {
    const untilMs = (plan.seconds + second) * 1_000
    const due = arrivals.filter(({ dueMs }) => dueMs < untilMs && dueMs >= untilMs - 1_000)
    if (withStatus(due, 200).length < 0.8 * due.length) return second
  }
  return 0
}

function withStatus(arrivals: readonly Arrival[], wanted: number): readonly Arrival[] {
  return arrivals.filter(({ status }) => status === wanted)
}

function latenciesOf(arrivals: readonly Arrival[]): readonly number[] {
  return arrivals.map(({ latencyMs }) => latencyMs)
}
