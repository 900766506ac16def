import { scheduledTime } from '../../scheduled-time.ts'
import { residentMegabytes } from '../canary.ts'
import { FaultedService } from '../faulted-service.ts'
import type { Figure, FigureOptions, Measured } from '../figure.ts'
import { HttpClient } from '../http-client.ts'
import { type Arrival, OpenLoop } from '../open-loop.ts'
import { postBytes } from '../raw-request.ts'
import { WRITTEN_TABLE, WRITTEN_TABLE_BODY, writtenKey } from '../written-item.ts'

/** Items that its Query counts: enough to cost twenty times as much as a refusal. */
const ITEMS = 500
const BATCH = 25
/** More than may wait of such requests: fewer would be a closed loop that is never refused. */
const CONNECTIONS = 4_000
const PEAK_CONNECTIONS = 32
const RSS_INTERVAL_MS = 200

interface Plan {
  /** Each is an overload and less load between two peaks: the machine's speed changes. */
  readonly rounds: number
  readonly warmUpSeconds: number
  readonly peakSeconds: number
  /** Of what the peak is. */
  readonly times: number
  readonly seconds: number
  readonly timesAfterwards: number
  readonly secondsAfterwards: number
  readonly goodputMin: number
  /** These two less the share of time in which the service waited for a CPU. */
  readonly servedP50MsMax: number
  readonly refusedP99MsMax: number
  readonly memoryTimesMax: number
  readonly recoverySecondsMax: number
}

const PLAN: Plan = {
  rounds: 8,
  warmUpSeconds: 3,
  peakSeconds: 2,
  times: 3,
  seconds: 5,
  timesAfterwards: 0.5,
  secondsAfterwards: 3,
  goodputMin: 0.8,
  servedP50MsMax: 1_500,
  refusedP99MsMax: 100,
  memoryTimesMax: 2,
  recoverySecondsMax: 3,
}

/** The machine may be several times slower, or faster, than it was when the peak was measured. */
const PLAN_SHORT: Plan = {
  rounds: 1,
  warmUpSeconds: 1,
  peakSeconds: 1,
  times: 5,
  seconds: 4,
  timesAfterwards: 0.2,
  secondsAfterwards: 4,
  goodputMin: 0.2,
  servedP50MsMax: 2_500,
  refusedP99MsMax: Number.POSITIVE_INFINITY,
  memoryTimesMax: 2,
  recoverySecondsMax: 3,
}

/** Three times as many requests as the service can serve, then half as many as it can. */
export const OVERLOAD: Figure = {
  name: '10',
  shows: 'service that fails under more requests than it can serve',
  controls: ['no-refusals'],
  measure,
}

async function measure({ folder, short, bug }: FigureOptions): Promise<Measured> {
  const plan = short ? PLAN_SHORT : PLAN
  const config = { DEFAULT: { workers: 1 } }
  const service = await FaultedService.start({ config, folder, bug })
  const client = new HttpClient(service.url)
  let load: OpenLoop | undefined
  try {
    await fill(client)
    load = await OpenLoop.open(Number(new URL(service.url).port), countingQuery(), CONNECTIONS)
    // Each connection is used once, so that what it takes is in the memory before.
    await load.saturate(CONNECTIONS, plan.warmUpSeconds)
    const pids = service.workers()
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
  } finally {
    load?.close()
    client.close()
    await service.stop()
  }
}

async function fill(client: HttpClient): Promise<void> {
  await client.done('tables', WRITTEN_TABLE_BODY)
  for (let i = 0; i < ITEMS; i += BATCH) {
    const puts = Array.from({ length: BATCH }, (_, k) => ({
      put_request: { item: { ...writtenKey('overload', `key-${i + k}`), rank: { N: '1' } } },
    }))
    await client.done('batch_write_item', { request_items: { [WRITTEN_TABLE]: puts } })
  }
}

/** Much to do and next to nothing to send, so that one process can ask often enough. */
function countingQuery(): Buffer {
  const lane = { attribute_value_list: [{ S: 'overload' }], comparison_operator: 'EQ' }
  return postBytes(`tables/${WRITTEN_TABLE}/query`, { key_conditions: { lane }, select: 'COUNT' })
}

/** Requests served per second in which the service had a CPU or did not want one. */
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
  /** As in a peak. */
  readonly perAvailableSecond: number
  /** Of its time. */
  readonly availableShare: number
  /** What was due per available second, of the peak before. */
  readonly times: number
  readonly during: readonly Arrival[]
  /** Those of the time after it as well. */
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

/** Seconds since now, less those in which the process waited for a CPU that others had. */
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
  const goodput = median(goodputs)
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
      refusedMsMax: quantile(refused, 1 - Number.EPSILON),
      megabytesBefore: before,
      megabytesMax: Math.max(...megabytes),
      recoverySeconds,
    },
  }
}

/** Seconds after the overload until no second follows in which a fifth or more is not served. */
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

/** Of the overloads' quantiles the median; milliseconds for which the service had a CPU. */
function typical(overloads: readonly Overload[], status: number, share: number): number {
  const quantiles = overloads.map(({ during, availableShare }) => {
    const answered = during.filter((arrival) => arrival.status === status)
    return availableShare * quantile(answered, share)
  })
  return Math.round(median(quantiles))
}

function median(numbers: readonly number[]): number {
  return [...numbers].sort((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? 0
}

function rounded(share: number): number {
  return Math.round(share * 100) / 100
}

/** Milliseconds; 0 when there are none. */
function quantile(arrivals: readonly Arrival[], share: number): number {
  const sorted = arrivals.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b)
  return Math.round(sorted[Math.floor(share * sorted.length)] ?? 0)
}
