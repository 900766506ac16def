import { setTimeout as delay } from 'node:timers/promises'
import { atOnce } from '../../support/at-once.ts'
import { type HttpClient, outcomeOf, type WriteOutcome } from '../../support/http-client.ts'
import { quantile, rounded } from '../../support/quantile.ts'
import { type Figure, violated } from '../figure.ts'
import { onStorage } from '../figure-service.ts'
import { underLoad } from '../lanes.ts'
import { GET, PUT, WRITTEN_TABLE_BODY, writtenKey } from '../written-item.ts'

const CLIENTS = 64
const SECONDS = 30
const SECONDS_SHORT = 5
const WARM_UP_SECONDS = 5
const WORKERS = 4
const UNDONE_SHARE_MAX = 0.01
const PARTITION = 'hot'

/** Many clients write items of one partition, with a synced commit log. */
export const HOT_PARTITION: Figure = {
  name: 'hot-partition',
  shows: 'writes a second of 64 clients on one partition of Cassandra',
  measure: onStorage('cassandra', { workers: WORKERS }, async (service, { short }) => {
    const [seconds, warmUpSeconds] = short ? [SECONDS_SHORT, 1] : [SECONDS, WARM_UP_SECONDS]
    await service.client().done('tables', WRITTEN_TABLE_BODY)
    const clients = service.clients(CLIENTS)
    await writeFor(clients, warmUpSeconds, 'warm-up')
    const { outcomes, latencies, acknowledged } = await writeFor(clients, seconds, 'item')
    const lost = await keysLost(clients, acknowledged)
    const undone = outcomes.unknown + outcomes.unavailable
    const total = latencies.length
    const [p50Ms, p99Ms] = [0.5, 0.99].map((share) => rounded(quantile(latencies, share)))
    return {
      value: Math.round(outcomes.ok / seconds),
      target: `writes a second, nothing lost, at most ${UNDONE_SHARE_MAX * 100} % not done`,
      faults: [
        ...lost.map((key) => `${key} was acknowledged and is lost`),
        ...violated({
          [`${undone} of ${total} were not done`]: undone > UNDONE_SHARE_MAX * total,
        }),
      ],
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
async function keysLost(clients: readonly HttpClient[], keys: readonly string[]) {
  const lost: string[] = []
  const left = keys.values()
  await atOnce(clients.length, clients, (client) =>
    atOnce(1, left, async (key) => {
      const body = { key: writtenKey(PARTITION, key), consistent_read: true }
      if ((await client.done(GET, body)).item === undefined) lost.push(key)
    }),
  )
  return lost
}
