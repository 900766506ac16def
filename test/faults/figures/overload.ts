import { residentMegabytes } from '../canary.ts'
import { FaultedService } from '../faulted-service.ts'
import type { Figure, FigureOptions, Measured } from '../figure.ts'
import { HttpClient } from '../http-client.ts'
import { type Arrival, OpenLoop } from '../open-loop.ts'
import { postBytes } from '../raw-request.ts'
import { WRITTEN_TABLE, WRITTEN_TABLE_BODY, writtenKey } from '../written-item.ts'
import { scheduledTime } from './scheduled-time.ts'

/** Items that its Query counts: enough to cost twenty times as much as a refusal. */
const ITEMS = 500
const BATCH = 25
/** More than may wait of such requests, or the load would be a closed loop that is never refused. */
const CONNECTIONS = 4_000
const PEAK_CONNECTIONS = 32
const RSS_INTERVAL_MS = 200

interface Plan {
  /** Peak, overload and less load, one after the other: the machine's speed changes. */
  readonly rounds: number
  readonly warmUpSeconds: number
  readonly peakSeconds: number
  /** Of what the peak is. */
  readonly times: number
  readonly seconds: number
  readonly timesAfterwards: number
  readonly secondsAfterwards: number
  readonly goodputMin: number
  readonly refusedP99MsMax: number
  readonly memoryTimesMax: number
  readonly recoverySecondsMax: number
}

const PLAN: Plan = {
  rounds: 5,
  warmUpSeconds: 3,
  peakSeconds: 3,
  times: 3,
  seconds: 8,
  timesAfterwards: 0.5,
  secondsAfterwards: 4,
  goodputMin: 0.8,
  refusedP99MsMax: 100,
  memoryTimesMax: 1.5,
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
    await load.saturate(PEAK_CONNECTIONS, plan.warmUpSeconds)
    const pids = service.workers()
    const megabytes = [residentMegabytes(pids)]
    const timer = setInterval(() => megabytes.push(residentMegabytes(pids)), RSS_INTERVAL_MS)
    const [worker = 0] = pids
    const rounds: Round[] = []
    while (rounds.length < plan.rounds) rounds.push(await measureRound(plan, load, worker))
    clearInterval(timer)
    return judged(plan, rounds, megabytes)
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

interface Round {
  /** Requests served per second in which the service had a CPU or did not want one. */
  readonly peakPerSecond: number
  readonly goodputPerSecond: number
  /** Those of the overload. */
  readonly during: readonly Arrival[]
  /** Those of the overload and of what follows. */
  readonly arrivals: readonly Arrival[]
}

async function measureRound(plan: Plan, load: OpenLoop, worker: number): Promise<Round> {
  const { peakSeconds, seconds } = plan
  const sincePeak = availableTime(worker)
  const atPeak = served(await load.saturate(PEAK_CONNECTIONS, peakSeconds))
  const peakPerSecond = atPeak.length / sincePeak()
  const due = atPeak.length / peakSeconds
  const sinceLoad = availableTime(worker)
  let available = 0
  const timer = setTimeout(() => {
    available = sinceLoad()
  }, seconds * 1_000)
  const arrivals = await load.run([
    { perSecond: plan.times * due, seconds },
    { perSecond: plan.timesAfterwards * due, seconds: plan.secondsAfterwards },
  ])
  clearTimeout(timer)
  const endMs = seconds * 1_000
  const inTime = served(arrivals).filter(({ dueMs, latencyMs }) => dueMs + latencyMs < endMs)
  return {
    peakPerSecond,
    goodputPerSecond: inTime.length / available,
    during: arrivals.filter(({ dueMs }) => dueMs < endMs),
    arrivals,
  }
}

/** Seconds since now, less those in which the process waited for a CPU that others had. */
function availableTime(pid: number): () => number {
  const since = performance.now()
  const { waitedMs } = scheduledTime(pid)
  return () => (performance.now() - since - (scheduledTime(pid).waitedMs - waitedMs)) / 1_000
}

function judged(plan: Plan, rounds: readonly Round[], megabytes: readonly number[]): Measured {
  const goodputs = rounds.map(
    ({ goodputPerSecond, peakPerSecond }) => goodputPerSecond / peakPerSecond,
  )
  const goodput = median(goodputs)
  const arrivals = rounds.flatMap((round) => round.arrivals)
  const during = rounds.flatMap((round) => round.during)
  const refused = during.filter(({ status }) => status === 503)
  const others = arrivals.filter(({ status }) => status !== 200 && status !== 503)
  const unready = refused.filter(({ hasRetryAfter }) => !hasRetryAfter).length
  const refusedP99Ms = quantile(refused, 0.99)
  const [before = 1] = megabytes
  const memoryTimes = Math.max(...megabytes) / before
  const recoverySeconds = Math.max(...rounds.map((round) => recovery(plan, round.arrivals)))
  const faults: string[] = []
  if (goodput < plan.goodputMin) faults.push(`goodput fell to ${goodput.toFixed(2)} of the peak`)
  if (refused.length === 0) faults.push('none was refused')
  if (others.length > 0) faults.push(`${others.length} answers of status ${others[0]?.status}`)
  if (unready > 0) faults.push(`${unready} refusals without Retry-After`)
  if (refusedP99Ms > plan.refusedP99MsMax) faults.push(`p99 of refusals ${refusedP99Ms} ms`)
  if (memoryTimes > plan.memoryTimesMax) faults.push(`memory grew ${memoryTimes.toFixed(2)} times`)
  if (recoverySeconds > plan.recoverySecondsMax) faults.push(`recovery in ${recoverySeconds} s`)
  return {
    value: rounded(goodput),
    target: `goodput >= ${plan.goodputMin} of the peak, the rest refused`,
    faults,
    detail: {
      goodputs: goodputs.map(rounded),
      peaksPerSecond: rounds.map(({ peakPerSecond }) => Math.round(peakPerSecond)),
      duePerSecond: Math.round(during.length / plan.seconds / plan.rounds),
      refusedPerSecond: Math.round(refused.length / plan.seconds / plan.rounds),
      servedP50Ms: quantile(served(during), 0.5),
      servedP99Ms: quantile(served(during), 0.99),
      refusedP50Ms: quantile(refused, 0.5),
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
