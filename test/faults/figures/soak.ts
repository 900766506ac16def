import { readdirSync } from 'node:fs'
import type { Seeded } from '../../seeded.ts'
import type { HttpClient, Json } from '../../support/http-client.ts'
import { p99, rounded } from '../../support/quantile.ts'
import type { Service } from '../../support/service.ts'
import { megabytesOf } from '../canary.ts'
import type { Figure, FigureOptions, Measured } from '../figure.ts'
import { withService } from '../figure-service.ts'
import { underLoad } from '../lanes.ts'
import {
  fillPartition,
  GET,
  PUT,
  WRITTEN_TABLE,
  writtenAttributes,
  writtenKey,
} from '../written-item.ts'

const LANES = 16
/** Keys per lane. All are written in the first minute, so that the data do not grow later. */
const KEYS = 200
const SAMPLE_MS = 2_000

const PLAN = {
  minutes: 8,
  minuteMs: 60_000,
  /** Growth of all processes' anonymous memory after the third minute. */
  megabytesPerMinuteMax: 1,
  /** The last minute's p99, divided by the second minute's. */
  slowerMax: 1.2,
}

/** Checks only descriptors and responses. */
const PLAN_SHORT: typeof PLAN = {
  ...{ minutes: 8, minuteMs: 1_000 },
  ...{ megabytesPerMinuteMax: Number.POSITIVE_INFINITY, slowerMax: Number.POSITIVE_INFINITY },
}

/** Sends all kinds of requests for minutes. */
export const SOAK: Figure = {
  name: '18',
  shows: 'memory, descriptors or time that grow with the requests',
  controls: ['leaked-descriptors'],
  measure: (options) =>
    withService({ DEFAULT: { workers: 2 } }, options, async (service) => {
      await fillPartition(service.client(), 'rows', KEYS)
      return soaked(service, options)
    }),
}

interface Lane {
  readonly client: HttpClient
  readonly name: string
}

async function soaked(service: Service, { short, random, signal }: FigureOptions) {
  const plan = short ? PLAN_SHORT : PLAN
  const latencies: number[][] = Array.from({ length: plan.minutes }, () => [])
  const unexpected = new Map<number, number>()
  const samples: Sample[] = []
  const since = performance.now()
  const minuteNow = () => (performance.now() - since) / plan.minuteMs
  const pids = [service.pid, ...service.workers()]
  const lanes = service.clients(LANES).map((client, i): Lane => ({ client, name: `lane-${i}` }))
  const step = async (lane: Lane) => {
    const at = performance.now()
    const { status } = await request(lane, random)
    latencies[Math.floor(minuteNow())]?.push(performance.now() - at)
    if (status !== 200) unexpected.set(status, (unexpected.get(status) ?? 0) + 1)
    return status === 200
  }
  await underLoad(lanes, step, async (load) => {
    while (minuteNow() < plan.minutes && !signal.aborted && !load.hasFailed()) {
      await new Promise((resolve) => setTimeout(resolve, Math.min(SAMPLE_MS, plan.minuteMs / 2)))
      samples.push({ minute: minuteNow(), ...heldBy(pids) })
    }
  })
  return judged(plan, latencies, samples, unexpected)
}

function request({ client, name }: Lane, random: Seeded) {
  const key = writtenKey(name, `key-${random.below(KEYS)}`)
  const table = `tables/${WRITTEN_TABLE}`
  const lane: Json = { attribute_value_list: [{ S: name }], comparison_operator: 'EQ' }
  const count = { action: 'ADD', value: { N: '1' } }
  const item = { ...key, ...writtenAttributes(name, 'key', random.below(KEYS)) }
  const requests: readonly (() => ReturnType<HttpClient['post']>)[] = [
    () => client.post(GET, { key }),
    () => client.post(PUT, { item }),
    () => client.post(`${table}/delete_item`, { key }),
    () => client.post(`${table}/update_item`, { key, attribute_updates: { count } }),
    () => client.post(`${table}/query`, { key_conditions: { lane }, limit: 20 }),
    () => client.post(`${table}/scan`, { limit: 20 }),
    () =>
      client.post('batch_write_item', {
        request_items: { [WRITTEN_TABLE]: [{ put_request: { item } }] },
      }),
    () => client.get('tables'),
  ]
  return random.pick(requests)()
}

interface Sample {
  readonly minute: number
  /** Anonymous memory. LMDB's map is not included, because it belongs to the system's cache. */
  readonly megabytes: number
  readonly descriptors: number
}

function heldBy(pids: readonly number[]): Omit<Sample, 'minute'> {
  const open = pids.map((pid) => readdirSync(`/proc/${pid}/fd`).length)
  const descriptors = open.reduce((sum, count) => sum + count, 0)
  return { megabytes: megabytesOf('RssAnon', pids), descriptors }
}

function judged(
  plan: typeof PLAN,
  latencies: readonly (readonly number[])[],
  samples: readonly Sample[],
  unexpected: ReadonlyMap<number, number>,
): Measured {
  const warm = samples.filter(({ minute }) => minute >= 3)
  const megabytesPerMinute = slope(warm.map(({ minute, megabytes }) => [minute, megabytes]))
  const descriptors = warm.map((each) => each.descriptors)
  const [second = 0, last = 0] = [latencies[1], latencies.at(-1)].map((each) => p99(each ?? []))
  const faults: string[] = []
  for (const [status, times] of unexpected) faults.push(`${times} answers of status ${status}`)
  if (megabytesPerMinute > plan.megabytesPerMinuteMax) {
    faults.push(`memory grew by ${megabytesPerMinute.toFixed(2)} MB a minute`)
  }
  const mostBefore = Math.max(...descriptors.slice(0, descriptors.length / 2))
  const mostAfter = Math.max(...descriptors.slice(descriptors.length / 2))
  if (mostAfter > mostBefore) faults.push(`descriptors grew from ${mostBefore} to ${mostAfter}`)
  if (last > plan.slowerMax * second) faults.push(`p99 grew from ${second} to ${last} ms`)
  return {
    value: rounded(megabytesPerMinute),
    target: `memory grows by ${PLAN.megabytesPerMinuteMax} MB a minute at most`,
    faults,
    detail: {
      requests: latencies.reduce((sum, { length }) => sum + length, 0),
      p99Ms: latencies.map(p99),
      megabytes: samples.filter((_, i) => i % 30 === 29).map((each) => rounded(each.megabytes)),
      descriptors: mostAfter,
    },
  }
}

/** The slope of the least-squares line. */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (of: 0 | 1) => points.reduce((sum, point) => sum + point[of], 0) / points.length
  const [x, y] = [mean(0), mean(1)]
  const along = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0)
  return along / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0)
}
