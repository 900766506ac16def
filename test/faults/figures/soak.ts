import { setTimeout as delay } from 'node:timers/promises'
import type { Seeded } from '../../seeded.ts'
import type { HttpClient, Json, Reply } from '../../support/http-client.ts'
import { p99, rounded } from '../../support/quantile.ts'
import { type Figure, violated } from '../figure.ts'
import { onStorage } from '../figure-service.ts'
import { megabytesOf, openFiles } from '../held.ts'
import { underLoad } from '../lanes.ts'
import {
  equal,
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
  measure: onStorage('lmdb', { workers: 2 }, async (service, { short, random, signal }) => {
    await fillPartition(service.client(), 'rows', KEYS)
    const plan = short ? PLAN_SHORT : PLAN
    const latencies: number[][] = Array.from({ length: plan.minutes }, () => [])
    const unexpected = new Map<number, number>()
    const samples: { minute: number; megabytes: number; descriptors: number }[] = []
    const since = performance.now()
    const minuteNow = () => (performance.now() - since) / plan.minuteMs
    const pids = [service.pid, ...service.workers()]
    const lanes = [...service.clients(LANES).entries()]
    const step = async ([lane, client]: readonly [number, HttpClient]) => {
      const at = performance.now()
      const { status } = await request(client, `lane-${lane}`, random)
      latencies[Math.floor(minuteNow())]?.push(performance.now() - at)
      if (status !== 200) unexpected.set(status, (unexpected.get(status) ?? 0) + 1)
      return status === 200
    }
    await underLoad(lanes, step, async (load) => {
      while (minuteNow() < plan.minutes && !signal.aborted && !load.hasFailed()) {
        await delay(Math.min(SAMPLE_MS, plan.minuteMs / 2))
        // Anonymous memory, because LMDB's map belongs to the system's cache.
        const megabytes = megabytesOf('RssAnon', pids)
        samples.push({ minute: minuteNow(), megabytes, descriptors: openFiles(pids) })
      }
    })
    const warm = samples.filter(({ minute }) => minute >= 3)
    const growth = slope(warm.map(({ minute, megabytes }) => [minute, megabytes]))
    const descriptors = warm.map((each) => each.descriptors)
    const mostBefore = Math.max(...descriptors.slice(0, descriptors.length / 2))
    const mostAfter = Math.max(...descriptors.slice(descriptors.length / 2))
    const p99Ms = latencies.map(p99)
    const [second = 0, last = 0] = [p99Ms[1], p99Ms.at(-1)]
    return {
      value: rounded(growth),
      target: `memory grows by ${PLAN.megabytesPerMinuteMax} MB a minute at most`,
      faults: [
        ...[...unexpected].map(([status, times]) => `${times} answers of status ${status}`),
        ...violated({
          [`memory grew by ${rounded(growth)} MB a minute`]: !(
            growth <= plan.megabytesPerMinuteMax
          ),
          [`descriptors grew from ${mostBefore} to ${mostAfter}`]: mostAfter > mostBefore,
          [`p99 grew from ${second} to ${last} ms`]: last > plan.slowerMax * second,
        }),
      ],
      detail: {
        ...{ requests: latencies.flat().length, p99Ms, descriptors: mostAfter },
        megabytes: samples.filter((_, i) => i % 30 === 29).map((each) => rounded(each.megabytes)),
      },
    }
  }),
}

function request(client: HttpClient, name: string, random: Seeded): Promise<Reply> {
  const key = writtenKey(name, `key-${random.below(KEYS)}`)
  const table = `tables/${WRITTEN_TABLE}`
  const count = { action: 'ADD', value: { N: '1' } }
  const item = { ...key, ...writtenAttributes(name, 'key', random.below(KEYS)) }
  const batch = { request_items: { [WRITTEN_TABLE]: [{ put_request: { item } }] } }
  const requests: readonly (readonly [path: string, body?: Json])[] = [
    [GET, { key }],
    [PUT, { item }],
    [`${table}/delete_item`, { key }],
    [`${table}/update_item`, { key, attribute_updates: { count } }],
    [`${table}/query`, { key_conditions: { lane: equal(name) }, limit: 20 }],
    [`${table}/scan`, { limit: 20 }],
    ['batch_write_item', batch],
    ['tables'],
  ]
  const [path, body] = random.pick(requests)
  return body ? client.post(path, body) : client.get(path)
}

/** The slope of the least-squares line. */
function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (of: 0 | 1) => points.reduce((sum, point) => sum + point[of], 0) / points.length
  const [x, y] = [mean(0), mean(1)]
  const along = points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0)
  return along / points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0)
}
