import { scheduledTime } from '../../scheduled-time.ts'
import { quantile, rounded } from '../../support/quantile.ts'
import { residentMegabytes } from '../canary.ts'
import type { Figure, Measured } from '../figure.ts'
import { withService } from '../figure-service.ts'
import { type Arrival, OpenLoop } from '../open-loop.ts'
import { fillPartition, WRITTEN_TABLE } from '../written-item.ts'

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

/** Sends three times as many requests as the service can serve, then half as many. */
export const OVERLOAD: Figure = {
  name: '10',
  shows: 'service that fails under more requests than it can serve',
  controls: ['no-refusals'],
  measure: (options) =>
    withService({ DEFAULT: { workers: 1 } }, options, async (service) => {
      await fillPartition(service.client(), 'overload', ITEMS)
      const path = `tables/${WRITTEN_TABLE}/query`
      const load = await OpenLoop.open(service.port, path, COUNTING, CONNECTIONS)
      try {
        return await measure(options.short ? PLAN_SHORT : PLAN, load, service.workers())
      } finally {
        load.close()
      }
    }),
}

/** Much work with a short response, so that one process can send enough requests. */
const COUNTING = {
  key_conditions: {
    lane: { attribute_value_list: [{ S: 'overload' }], comparison_operator: 'EQ' },
  },
  select: 'COUNT',
}

async function measure(plan: Plan, load: OpenLoop, pids: readonly number[]): Promise<Measured> {
  // Uses each connection once, so that the first measurement includes its memory.
  await load.saturate(CONNECTIONS, plan.warmUpSeconds)
  const megabytes = [residentMegabytes(pids)]
  const timer = setInterval(() => megabytes.push(residentMegabytes(pids)), RSS_INTERVAL_MS)
  const [worker = 0] = pids
  const peaks = [await measurePeak(plan, load, worker)]
  const overloads: Overload[] = []
  for (let peak = peaks[0]; peak && overloads.length < plan.rounds; peak = peaks.at(-1)) {
    overloads.push(await measureOverload(plan, load, worker, peak))
    peaks.push(await measurePeak(plan, load, worker))
  }
  clearInterval(timer)
  return judged(plan, peaks, overloads, megabytes)
}

/** Requests served per second, without the time in which the service waited for a CPU. */
interface Peak {
  readonly perAvailableSecond: number
  readonly perSecond: number
}

async function measurePeak({ peakSeconds }: Plan, load: OpenLoop, worker: number): Promise<Peak> {
  const available = availableTime(worker)
  const { length } = served(await load.saturate(PEAK_CONNECTIONS, peakSeconds))
  return { perAvailableSecond: length / available(), perSecond: length / peakSeconds }
}

interface Overload {
  /** As in `Peak`. */
  readonly perAvailableSecond: number
  /** Share of the time in which the service did not wait for a CPU. */
  readonly availableShare: number
  /** Requests due per available second, as a multiple of the peak before. */
  readonly times: number
  readonly during: readonly Arrival[]
  /** Including those after the overload. */
  readonly arrivals: readonly Arrival[]
}

async function measureOverload(
  { times, seconds, timesAfterwards, secondsAfterwards }: Plan,
  load: OpenLoop,
  worker: number,
  peak: Peak,
): Promise<Overload> {
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
  const inTime = served(arrivals).filter(({ dueMs, latencyMs }) => dueMs + latencyMs < endMs)
  return {
    perAvailableSecond: inTime.length / availableSeconds,
    availableShare: availableSeconds / seconds,
    times: during.length / availableSeconds / peak.perAvailableSecond,
    during,
    arrivals,
  }
}

/** Returns a clock of the seconds from now on, without those in which the process waited for a
 * CPU. */
function availableTime(pid: number): () => number {
  const since = performance.now()
  const { waitedMs } = scheduledTime(pid)
  return () => (performance.now() - since - (scheduledTime(pid).waitedMs - waitedMs)) / 1_000
}

function judged(
  plan: Plan,
  peaks: readonly Peak[],
  overloads: readonly Overload[],
  megabytes: readonly number[],
): Measured {
  const goodputs = overloads.map(({ perAvailableSecond }, i) => {
    const [before = 0, after = 0] = peaks.slice(i, i + 2).map((peak) => peak.perAvailableSecond)
    return perAvailableSecond / ((before + after) / 2)
  })
  const goodput = quantile(goodputs, 0.5)
  const arrivals = overloads.flatMap((each) => each.arrivals)
  const during = overloads.flatMap((each) => each.during)
  const refused = during.filter(({ status }) => status === 503)
  const others = arrivals.filter(({ status }) => status !== 200 && status !== 503)
  const unready = refused.filter(({ hasRetryAfter }) => !hasRetryAfter).length
  const servedP50Ms = typical(overloads, 200, 0.5)
  const refusedP99Ms = typical(overloads, 503, 0.99)
  const [before = 1] = megabytes
  const memoryTimes = Math.max(...megabytes) / before
  const recoverySeconds = Math.max(...overloads.map((each) => recovery(plan, each.arrivals)))
  const faults: string[] = []
  if (goodput < plan.goodputMin) faults.push(`goodput fell to ${goodput.toFixed(2)} of the peak`)
  if (others.length > 0) faults.push(`${others.length} answers of status ${others[0]?.status}`)
  if (unready > 0) faults.push(`${unready} refusals without Retry-After`)
  if (servedP50Ms > plan.servedP50MsMax) faults.push(`p50 of those served ${servedP50Ms} ms`)
  if (refusedP99Ms > plan.refusedP99MsMax) faults.push(`p99 of refusals ${refusedP99Ms} ms`)
  if (memoryTimes > plan.memoryTimesMax) faults.push(`memory grew ${memoryTimes.toFixed(2)} times`)
  if (recoverySeconds > plan.recoverySecondsMax) faults.push(`recovery in ${recoverySeconds} s`)
  return {
    value: rounded(goodput),
    target: `goodput >= ${plan.goodputMin} of the peak, the rest refused`,
    faults,
    detail: {
      goodputs: goodputs.map(rounded),
      peaksPerSecond: peaks.map(({ perAvailableSecond }) => Math.round(perAvailableSecond)),
      duePerSecond: Math.round(during.length / plan.seconds / plan.rounds),
      refusedPerSecond: Math.round(refused.length / plan.seconds / plan.rounds),
      availableShares: overloads.map(({ availableShare }) => rounded(availableShare)),
      times: overloads.map(({ times }) => rounded(times)),
      servedP50Ms,
      servedP99Ms: typical(overloads, 200, 0.99),
      refusedP50Ms: typical(overloads, 503, 0.5),
      refusedP99Ms,
      refusedMsMax: Math.round(Math.max(0, ...refused.map(({ latencyMs }) => latencyMs))),
      megabytesBefore: before,
      megabytesMax: Math.max(...megabytes),
      recoverySeconds,
    },
  }
}

/** Seconds after the overload until more than four fifths of each second's requests are served. */
function recovery(plan: Plan, arrivals: readonly Arrival[]): number {
  for (let second = plan.secondsAfterwards; second > 0; second--) {
    const untilMs = (plan.seconds + second) * 1_000
    const due = arrivals.filter(({ dueMs }) => dueMs < untilMs && dueMs >= untilMs - 1_000)
    if (served(due).length < 0.8 * due.length) return second
  }
  return 0
}

function served(arrivals: readonly Arrival[]): readonly Arrival[] {
  return arrivals.filter(({ status }) => status === 200)
}

/** The median of the overloads' quantiles, in milliseconds, without waits for a CPU. */
function typical(overloads: readonly Overload[], status: number, share: number): number {
  const quantiles = overloads.map(({ during, availableShare }) => {
    const answered = during.filter((arrival) => arrival.status === status)
    const latencies = answered.map(({ latencyMs }) => latencyMs)
    return availableShare * quantile(latencies, share)
  })
  return Math.round(quantile(quantiles, 0.5))
}
