import { setTimeout as delay } from 'node:timers/promises'
import { withCassandra } from '../cassandra-services.ts'
import type { Figure, FigureOptions, Measured } from '../figure.ts'
import { HttpClient, outcomeOf, type WriteOutcome } from '../http-client.ts'
import { startLoad } from '../lanes.ts'
import { WRITTEN_TABLE, WRITTEN_TABLE_BODY, writtenKey } from '../written-item.ts'

const CLIENTS = 64
const SECONDS = 30
const SECONDS_SHORT = 5
const WARM_UP_SECONDS = 5
const WORKERS = 4
const UNKNOWN_SHARE_MAX = 0.01
const PARTITION = 'hot'

/** Many clients write items of one partition, with a commit log that is synced. */
export const HOT_PARTITION: Figure = {
  name: 'hot-partition',
  shows: 'writes a second of 64 clients on one partition of Cassandra',
  controls: [],
  measure,
}

async function measure(options: FigureOptions): Promise<Measured> {
  const wanted = { nodes: 1, services: 1, workers: WORKERS }
  return withCassandra(wanted, options, async ({ services: [service] }) => {
    const clients = Array.from({ length: CLIENTS }, () => new HttpClient(service?.url ?? ''))
    try {
      await clients[0]?.done('tables', WRITTEN_TABLE_BODY)
      const seconds = options.short ? SECONDS_SHORT : SECONDS
      await writeFor(clients, options.short ? 1 : WARM_UP_SECONDS, 'warm-up')
      const { outcomes, latencies, acknowledged } = await writeFor(clients, seconds, 'item')
      const lost = await missing(clients, acknowledged)
      const total = Object.values(outcomes).reduce((sum, count) => sum + count, 0)
      const faults = lost.map((key) => `${key} was acknowledged and is lost`)
      const unknown = outcomes.unknown + outcomes.unavailable
      if (unknown > UNKNOWN_SHARE_MAX * total) faults.push(`${unknown} of ${total} were not done`)
      latencies.sort((a, b) => a - b)
      const quantile = (share: number) =>
        Math.round(10 * (latencies[Math.floor(share * latencies.length)] ?? 0)) / 10
      return {
        value: Math.round(outcomes.ok / seconds),
        target: `writes a second, nothing lost, at most ${UNKNOWN_SHARE_MAX * 100} % not done`,
        faults,
        detail: { clients: CLIENTS, p50Ms: quantile(0.5), p99Ms: quantile(0.99), ...outcomes },
      }
    } finally {
      for (const client of clients) client.close()
    }
  })
}

/** Each client puts one new item of the partition after the other. */
async function writeFor(clients: readonly HttpClient[], seconds: number, name: string) {
  const outcomes: Record<WriteOutcome, number> = { ok: 0, failed: 0, unavailable: 0, unknown: 0 }
  const latencies: number[] = []
  const acknowledged: string[] = []
  let latest = 0
  const load = startLoad(clients, async (client) => {
    const key = `${name}-${latest++}`
    const item = { ...writtenKey(PARTITION, key), rank: { N: '1' }, text: { S: key.repeat(20) } }
    const since = performance.now()
    const outcome = outcomeOf(await client.post(`tables/${WRITTEN_TABLE}/put_item`, { item }))
    outcomes[outcome]++
    latencies.push(performance.now() - since)
    if (outcome === 'ok') acknowledged.push(key)
    return true
  })
  await delay(seconds * 1_000)
  await load.end()
  return { outcomes, latencies, acknowledged }
}

/** Which of them a strong read does not find. */
async function missing(clients: readonly HttpClient[], keys: readonly string[]) {
  const waiting = [...keys]
  const lost: string[] = []
  await Promise.all(
    clients.map(async (client) => {
      for (let key = waiting.pop(); key !== undefined; key = waiting.pop()) {
        const body = { key: writtenKey(PARTITION, key), consistent_read: true }
        const { item } = await client.done(`tables/${WRITTEN_TABLE}/get_item`, body)
        if (item === undefined) lost.push(key)
      }
    }),
  )
  return lost
}
