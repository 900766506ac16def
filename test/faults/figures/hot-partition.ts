import { setTimeout as delay } from 'node:timers/promises'
import { atOnce } from '../../support/at-once.ts'
import { type HttpClient, outcomeOf, type WriteOutcome } from '../../support/http-client.ts'
import { quantile } from '../../support/quantile.ts'
import type { Figure } from '../figure.ts'
import { withCassandra } from '../figure-service.ts'
import { underLoad } from '../lanes.ts'
import { GET, PUT, WRITTEN_TABLE_BODY, writtenKey } from '../written-item.ts'

const CLIENTS = 64
const SECONDS = 30
const SECONDS_SHORT = 5
const WARM_UP_SECONDS = 5
const WORKERS = 4
const UNKNOWN_SHARE_MAX = 0.01
const PARTITION = 'hot'

/** Many clients write items of one partition, with a synced commit log. */
export const HOT_PARTITION: Figure = {
  name: 'hot-partition',
  shows: 'writes a second of 64 clients on one partition of Cassandra',
  controls: [],
  measure: (options) =>
    withCassandra({ nodes: 1, services: 1, workers: WORKERS }, options, async ([service]) => {
      const clients = service.clients(CLIENTS)
      await service.client().done('tables', WRITTEN_TABLE_BODY)
      const seconds = options.short ? SECONDS_SHORT : SECONDS
      await writeFor(clients, options.short ? 1 : WARM_UP_SECONDS, 'warm-up')
      const { outcomes, latencies, acknowledged } = await writeFor(clients, seconds, 'item')
      const faults = await lost(clients, acknowledged)
      const unknown = outcomes.unknown + outcomes.unavailable
      const total = latencies.length
      if (unknown > UNKNOWN_SHARE_MAX * total) faults.push(`${unknown} of ${total} were not done`)
      const [p50Ms, p99Ms] = [0.5, 0.99].map(
        (share) => Math.round(10 * quantile(latencies, share)) / 10,
      )
      return {
        value: Math.round(outcomes.ok / seconds),
        target: `writes a second, nothing lost, at most ${UNKNOWN_SHARE_MAX * 100} % not done`,
        faults,
        detail: { clients: CLIENTS, p50Ms, p99Ms, ...outcomes },
      }
    }),
}

/** Each client puts new items into the partition, one after another. */
async function writeFor(clients: readonly HttpClient[], seconds: number, name: string) {
  const outcomes: Record<WriteOutcome, number> = { ok: 0, failed: 0, unavailable: 0, unknown: 0 }
  const latencies: number[] = []
  const acknowledged: string[] = []
  let latest = 0
  const put = async (client: HttpClient) => {
    const key = `${name}-${latest++}`
    const item = { ...writtenKey(PARTITION, key), rank: { N: '1' }, text: { S: key.repeat(20) } }
    const since = performance.now()
    const outcome = outcomeOf(await client.post(PUT, { item }))
    outcomes[outcome]++
    latencies.push(performance.now() - since)
    if (outcome === 'ok') acknowledged.push(key)
    return true
  }
  await underLoad(clients, put, () => delay(seconds * 1_000))
  return { outcomes, latencies, acknowledged }
}

/** The keys that strong reads do not find. */
async function lost(clients: readonly HttpClient[], keys: readonly string[]): Promise<string[]> {
  const faults: string[] = []
  const numbered = keys.map((key, n) => ({ key, client: clients[n % clients.length] }))
  await atOnce(clients.length, numbered, async ({ key, client }) => {
    const body = { key: writtenKey(PARTITION, key), consistent_read: true }
    const found = await client?.done(GET, body)
    if (found?.item === undefined) faults.push(`${key} was acknowledged and is lost`)
  })
  return faults
}
