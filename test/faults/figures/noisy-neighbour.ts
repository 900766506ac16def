import { setTimeout as delay } from 'node:timers/promises'
import { scheduledTime } from '../../scheduled-time.ts'
import type { HttpClient } from '../../support/http-client.ts'
import { p99, quantile } from '../../support/quantile.ts'
import type { Service } from '../../support/service.ts'
import { type Figure, violated } from '../figure.ts'
import { onStorage } from '../figure-service.ts'
import { type Arrival, type OpenLoop, withOpenLoop } from '../open-loop.ts'
import * as dear from '../turns/dearest-requests.ts'
import { equal, fillPartition, hashTable } from '../written-item.ts'

const CONNECTIONS = 64
const ROWS = 10_000
const ROWS_SHORT = 2_500
const SECONDS = 20
const SECONDS_SHORT = 3
const STRANGER = { token: 'tester:stranger', projectId: 'stranger' }
const KEY = { id: { S: 'one' } }
/** A scan of one item. It must wait for its turn if others have work too. */
const OWN_SCAN = { scan_filter: { id: equal(KEY.id.S) } }
/** Responses that the neighbour gets between a stranger's request and its response. In a service
 * that takes turns, these are the responses of a few turns of its event loop. On Cassandra, they
 * are those that arrive while Cassandra works on the stranger's request. */
const ANSWERS_BETWEEN_MAX = { lmdb: 4, cassandra: Number.POSITIVE_INFINITY }
type Storage = keyof typeof ANSWERS_BETWEEN_MAX
/** A waiting request may be refused only at its operation's deadline, after 10 s. */
const DEADLINE_MS = 9_000
/** Milliseconds that a request may take longer than alone. */
const SLOWER_MS_MAX = 100
const STALL_MS_MAX = 250

function noisy(storage: Storage, noises: readonly dear.DearRequest[]): Figure['measure'] {
  return onStorage(storage, { workers: 1 }, async (service, { short }) => {
    const seconds = short ? SECONDS_SHORT : SECONDS
    await fillPartition(service.client(), 'rows', short ? ROWS_SHORT : ROWS)
    const stranger = service.client(STRANGER)
    await stranger.done('tables', hashTable('stranger', 'id'))
    await stranger.done('tables/stranger/put_item', { item: KEY })
    const alone = await seen(service, stranger, { answered: () => 0 }, delay(seconds * 1_000))
    const faults: string[] = []
    const detail: Record<string, unknown> = { alone }
    for (const noise of noises) {
      const { connections = CONNECTIONS } = noise
      const beside = await withOpenLoop(service.port, noise, connections, async (load) => {
        const loading = load.saturate(connections, seconds)
        return { ...(await seen(service, stranger, load, loading)), ...counted(await loading) }
      })
      detail[noise.name] = beside
      const found = faultsOf(noise, beside, alone, { short, storage })
      faults.push(...found.map((fault) => `${noise.name}: ${fault}`))
    }
    return {
      target: `none refused, p99 at most ${STALL_MS_MAX} ms and ${SLOWER_MS_MAX} ms beyond alone`,
      ...{ faults, detail },
    }
  })
}

const NOISES = [dear.FILTERED_SCAN, dear.EXPRESSION_SCAN, dear.HOT_ITEM]

/** One project sends the most expensive requests, while another reads an item. */
export const NOISY_NEIGHBOUR: Figure = {
  name: '11',
  shows: 'project that keeps another from being served',
  controls: ['one-pot', 'budget-per-operation'],
  measure: noisy('lmdb', NOISES),
}

export const NOISY_NEIGHBOUR_CASSANDRA: Figure = {
  name: '11-cassandra',
  shows: 'project on Cassandra that keeps another from being served',
  measure: noisy('cassandra', NOISES),
}

export const STALL: Figure = {
  name: 'stall',
  shows: 'request that stalls the requests of strangers',
  measure: noisy('lmdb', dear.DEAREST),
}

export const STALL_CASSANDRA: Figure = {
  name: 'stall-cassandra',
  shows: 'request on Cassandra that stalls the requests of strangers',
  measure: noisy('cassandra', dear.DEAREST),
}

/** What the neighbour's requests came to. */
function counted(answers: readonly Arrival[]) {
  const count = (isMeant: (answer: Arrival) => boolean) => answers.filter(isMeant).length
  return {
    served: count(({ status }) => status === 200),
    neighbourRefused: count((each) => each.status === 503 && each.latencyMs < DEADLINE_MS),
    invalid: count(({ status }) => status >= 400 && status < 500),
  }
}

/** The latencies of a stranger's requests and of the health check. */
type Seen = Awaited<ReturnType<typeof seen>>

/** Requests an item and the health check in turn, until the load is over. */
async function seen(
  service: Service,
  client: HttpClient,
  neighbour: Pick<OpenLoop, 'answered'>,
  over: Promise<unknown>,
) {
  const [worker = 0] = service.workers()
  const latencies: number[] = []
  const health: number[] = []
  const between: number[] = []
  let refused = 0
  const timed = async (times: number[], ask: () => Promise<{ readonly status: number }>) => {
    const since = performance.now()
    const { status } = await ask()
    times.push(performance.now() - since)
    if (status !== 200) refused++
  }
  const checkHealth = async () => {
    const answer = await fetch(`${service.url}/healthcheck`)
    await answer.arrayBuffer()
    return answer
  }
  const { waitedMs } = scheduledTime(worker)
  const since = performance.now()
  let isOver = false
  const end = () => {
    isOver = true
  }
  over.then(end, end)
  while (!isOver) {
    const before = neighbour.answered()
    await timed([], () => client.post('tables/stranger/scan', OWN_SCAN))
    between.push(neighbour.answered() - before)
    await timed(latencies, () => client.post('tables/stranger/get_item', { key: KEY }))
    await timed(health, checkHealth)
  }
  const waited = scheduledTime(worker).waitedMs - waitedMs
  const share = 1 - waited / (performance.now() - since)
  return {
    p99Ms: Math.round(share * p99(latencies)),
    healthP99Ms: Math.round(share * p99(health)),
    refused,
    /** The median number of responses to the neighbour per wait of the stranger. */
    between: quantile(between, 0.5),
  }
}

function faultsOf(
  { p99MsMax = STALL_MS_MAX, connections }: dear.DearRequest,
  beside: Seen & ReturnType<typeof counted>,
  alone: Seen,
  { short, storage }: { readonly short: boolean; readonly storage: Storage },
): string[] {
  const { refused, neighbourRefused, invalid, between, p99Ms, healthP99Ms } = beside
  const msMax = short ? Number.POSITIVE_INFINITY : Math.max(p99MsMax, alone.p99Ms + SLOWER_MS_MAX)
  return violated({
    [`${refused} of the stranger's requests were not served`]: refused > 0,
    [`${invalid} of the neighbour's requests are no work`]: invalid > 0,
    [`${neighbourRefused} of the neighbour's requests were refused before their time`]:
      neighbourRefused > 0,
    [`${between} answers to the neighbour before one to the stranger`]:
      connections === undefined && between > ANSWERS_BETWEEN_MAX[storage],
    [`p99 ${p99Ms} ms`]: p99Ms > msMax,
    [`p99 of the health check ${healthP99Ms} ms`]: healthP99Ms > msMax,
  })
}
