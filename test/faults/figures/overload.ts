import { residentMegabytes } from '../canary.ts'
import { FaultedService } from '../faulted-service.ts'
import type { Figure, FigureOptions, Measured } from '../figure.ts'
import { ANYBODY, HttpClient } from '../http-client.ts'
import { type Arrival, OpenLoop } from '../open-loop.ts'
import { WRITTEN_TABLE, WRITTEN_TABLE_BODY, writtenKey } from '../written-item.ts'

/** What its Query counts: enough to cost twenty times as much as a refusal. */
const ITEMS = 500
const BATCH = 25
const CONNECTIONS = 1_000
const PEAK_CONNECTIONS = 32
const RSS_INTERVAL_MS = 200
/** It takes the service 0.3 seconds to tell an overload from a slow request. */
const ONSET_MS = 1_000

interface Plan {
  readonly warmUpSeconds: number
  readonly peakSeconds: number
  /** Of what the peak is. */
  readonly times: number
  readonly seconds: number
  readonly timesAfterwards: number
  readonly secondsAfterwards: number
  readonly goodputMin: number
  readonly servedP50MsMax: number
  readonly refusedP99MsMax: number
  readonly memoryTimesMax: number
  readonly recoverySecondsMax: number
}

const PLAN: Plan = {
  warmUpSeconds: 3,
  peakSeconds: 5,
  times: 3,
  seconds: 30,
  timesAfterwards: 1,
  secondsAfterwards: 10,
  goodputMin: 0.8,
  servedP50MsMax: 100,
  refusedP99MsMax: 100,
  memoryTimesMax: 1.5,
  recoverySecondsMax: 5,
}

/** The machine may be several times slower, or faster, than it was when the peak was measured. */
const PLAN_SHORT: Plan = {
  warmUpSeconds: 1,
  peakSeconds: 1,
  times: 5,
  seconds: 4,
  timesAfterwards: 0.2,
  secondsAfterwards: 4,
  goodputMin: 0.2,
  servedP50MsMax: 700,
  refusedP99MsMax: Number.POSITIVE_INFINITY,
  memoryTimesMax: 2,
  recoverySecondsMax: 3,
}

/** Three times as many requests as the service can serve, then as many. */
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
    const atPeak = await load.saturate(PEAK_CONNECTIONS, plan.peakSeconds)
    const peak = served(atPeak).length / plan.peakSeconds
    const pids = service.workers()
    const megabytes = [residentMegabytes(pids)]
    const timer = setInterval(() => megabytes.push(residentMegabytes(pids)), RSS_INTERVAL_MS)
    const arrivals = await load.run([
      { perSecond: plan.times * peak, seconds: plan.seconds },
      { perSecond: plan.timesAfterwards * peak, seconds: plan.secondsAfterwards },
    ])
    clearInterval(timer)
    return judged(plan, peak, arrivals, megabytes)
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
  const body = JSON.stringify({ key_conditions: { lane }, select: 'COUNT' })
  const head = [
    `POST /v1/data/${ANYBODY.projectId}/tables/${WRITTEN_TABLE}/query HTTP/1.1`,
    'Host: localhost',
    `X-Auth-Token: ${ANYBODY.token}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body}`)
}

function judged(
  plan: Plan,
  peak: number,
  arrivals: readonly Arrival[],
  megabytes: readonly number[],
): Measured {
  const endMs = plan.seconds * 1_000
  const during = arrivals.filter(({ dueMs }) => dueMs < endMs)
  const inTime = served(arrivals).filter(({ dueMs, latencyMs }) => dueMs + latencyMs < endMs)
  const goodput = inTime.length / plan.seconds / peak
  const refused = during.filter(({ status }) => status === 503)
  const others = arrivals.filter(({ status }) => status !== 200 && status !== 503)
  const unready = refused.filter(({ hasRetryAfter }) => !hasRetryAfter).length
  const servedP50Ms = quantile(served(during), 0.5)
  const later = refused.filter(({ dueMs }) => dueMs >= ONSET_MS)
  const refusedP99Ms = quantile(later, 0.99)
  const [before = 1] = megabytes
  const memoryTimes = Math.max(...megabytes) / before
  const recoverySeconds = recovery(plan, arrivals)
  const faults: string[] = []
  if (goodput < plan.goodputMin) faults.push(`goodput fell to ${goodput.toFixed(2)} of the peak`)
  if (others.length > 0) faults.push(`${others.length} answers of status ${others[0]?.status}`)
  if (unready > 0) faults.push(`${unready} refusals without Retry-After`)
  if (servedP50Ms > plan.servedP50MsMax) faults.push(`p50 of those served ${servedP50Ms} ms`)
  if (refusedP99Ms > plan.refusedP99MsMax) faults.push(`p99 of refusals ${refusedP99Ms} ms`)
  if (memoryTimes > plan.memoryTimesMax) faults.push(`memory grew ${memoryTimes.toFixed(2)} times`)
  if (recoverySeconds > plan.recoverySecondsMax) faults.push(`recovery in ${recoverySeconds} s`)
  return {
    value: Math.round(goodput * 100) / 100,
    target: `goodput >= ${plan.goodputMin} of the peak, the rest refused`,
    faults,
    detail: {
      peakPerSecond: Math.round(peak),
      duePerSecond: Math.round(during.length / plan.seconds),
      refusedPerSecond: Math.round(refused.length / plan.seconds),
      servedP50Ms,
      servedP99Ms: quantile(served(during), 0.99),
      refusedP50Ms: quantile(refused, 0.5),
      refusedP99Ms,
      refusedAtOnsetMsMax: quantile(refused, 1 - Number.EPSILON),
      megabytesBefore: before,
      megabytesMax: Math.max(...megabytes),
      recoverySeconds,
    },
  }
}

/** Seconds after the load until no second follows in which a fifth or more is not served. */
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

/** Milliseconds; 0 when there are none. */
function quantile(arrivals: readonly Arrival[], share: number): number {
  const sorted = arrivals.map(({ latencyMs }) => latencyMs).sort((a, b) => a - b)
  return Math.round(sorted[Math.floor(share * sorted.length)] ?? 0)
}
