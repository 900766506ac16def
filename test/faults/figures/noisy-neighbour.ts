import { setTimeout as delay } from 'node:timers/promises'
import { scheduledTime } from '../../scheduled-time.ts'
import { below } from '../../support/at-once.ts'
import type { HttpClient, Json } from '../../support/http-client.ts'
import { p99, quantile } from '../../support/quantile.ts'
import type { Service } from '../../support/service.ts'
import type { Figure, FigureOptions, Measured } from '../figure.ts'
import { withService } from '../figure-service.ts'
import { type Arrival, OpenLoop } from '../open-loop.ts'
import { fillPartition, hashTable, PUT, WRITTEN_TABLE, writtenKey } from '../written-item.ts'

const CONNECTIONS = 64
/** More than one process's limit of concurrent operations. */
const HOT_CONNECTIONS = 1_100
const ROWS = 10_000
const ROWS_SHORT = 2_500
const BATCH = 25
const SECONDS = 20
const SECONDS_SHORT = 3
const STRANGER = { token: 'tester:stranger', projectId: 'stranger' }
const KEY = { id: { S: 'one' } }
const equal = (text: string) => ({ attribute_value_list: [{ S: text }], comparison_operator: 'EQ' })
/** A scan of one item. It must wait for its turn if others have work too. */
const OWN_SCAN = { scan_filter: { id: equal(KEY.id.S) } }
/** Responses that the neighbour gets between a stranger's request and its response. In a service
 * that takes turns, these are the responses of a few turns of its event loop. */
const ANSWERS_BETWEEN_MAX = 4
/** A waiting request may be refused only at its operation's deadline, after 10 s. */
const DEADLINE_MS = 9_000
/** Milliseconds that a request may take longer than alone. */
const SLOWER_MS_MAX = 100
const STALL_MS_MAX = 250
const STALL_MS_MAX_LARGE_BATCH = 450

interface Noise {
  readonly name: string
  readonly path: string
  readonly body: Json
  readonly connections?: number
  readonly p99MsMax?: number
}

const TABLE = `tables/${WRITTEN_TABLE}`
const ADD_ONE = { count: { action: 'ADD', value: { N: '1' } } }
const LARGEST = writtenKey('large', 'list')
const FILTERED_SCAN: Noise = {
  ...{ name: 'filtered scan', path: `${TABLE}/scan` },
  body: { scan_filter: { key: equal('x') } },
}
/** The maximum number of conditions, all of them false. */
const EXPRESSION_SCAN: Noise = {
  ...{ name: "filtered scan of DynamoDB's API", path: 'dynamodb:Scan' },
  body: {
    TableName: WRITTEN_TABLE,
    FilterExpression: Array(150).fill('#rank = :zero').join(' OR '),
    ExpressionAttributeNames: { '#rank': 'rank' },
    ExpressionAttributeValues: { ':zero': { N: '0' } },
  },
}
const HOT_ITEM: Noise = {
  ...{ name: 'hot item', path: `${TABLE}/update_item`, connections: HOT_CONNECTIONS },
  body: { key: writtenKey('hot', 'item'), attribute_updates: ADD_ONE },
}
/** The most expensive valid request of each kind. */
const DEAREST: readonly Noise[] = [
  { name: 'scan', path: `${TABLE}/scan`, body: {} },
  FILTERED_SCAN,
  EXPRESSION_SCAN,
  {
    ...{ name: 'query', path: `${TABLE}/query` },
    body: { key_conditions: { lane: equal('rows') }, attributes_to_get: ['key'] },
  },
  {
    ...{ name: 'put of the largest item', path: PUT },
    body: { item: { ...LARGEST, list: { L: Array(130_000).fill({ N: '1' }) } } },
  },
  {
    ...{ name: 'update of the largest item', path: `${TABLE}/update_item` },
    body: { key: LARGEST, attribute_updates: ADD_ONE, return_values: 'ALL_NEW' },
  },
  {
    ...{ name: 'batch get', path: 'batch_get_item' },
    body: onTable({
      keys: below(100).map((i) => writtenKey('rows', `key-${i}`)),
      attributes_to_get: ['key', 'rank'],
    }),
  },
  {
    ...{ name: 'batch write of large sets', path: 'batch_write_item' },
    body: onTable(
      below(BATCH).map((i) => ({
        put_request: { item: { ...writtenKey('large', `set-${i}`), set: longNumbers() } },
      })),
    ),
    p99MsMax: STALL_MS_MAX_LARGE_BATCH,
  },
]

function onTable(asked: unknown): Json {
  return { request_items: { [WRITTEN_TABLE]: asked } }
}

function longNumbers(): Json {
  return { NS: below(9_000).map((i) => `${(i * 7_919) % 10_007}`.padStart(38, '1')) }
}

/** One project sends the most expensive requests, while another reads an item. */
export const NOISY_NEIGHBOUR: Figure = {
  name: '11',
  shows: 'project that keeps another from being served',
  controls: ['one-pot', 'budget-per-operation'],
  measure: (options) => measure(options, [FILTERED_SCAN, EXPRESSION_SCAN, HOT_ITEM]),
}

export const STALL: Figure = {
  name: 'stall',
  shows: 'request that stalls the requests of strangers',
  measure: (options) => measure(options, DEAREST),
}

async function measure(options: FigureOptions, noises: readonly Noise[]): Promise<Measured> {
  const { short } = options
  const seconds = short ? SECONDS_SHORT : SECONDS
  return withService({ DEFAULT: { workers: 1 } }, options, async (service) => {
    await fillPartition(service.client(), 'rows', short ? ROWS_SHORT : ROWS)
    const stranger = service.client(STRANGER)
    await stranger.done('tables', hashTable('stranger', 'id'))
    await stranger.done('tables/stranger/put_item', { item: KEY })
    const alone = await seen(service, stranger, { answered: 0 }, delay(seconds * 1_000))
    const faults: string[] = []
    const detail: Record<string, unknown> = { alone }
    for (const noise of noises) {
      const beside = await seenBeside(noise, service, stranger, seconds)
      detail[noise.name] = beside
      faults.push(...faultsOf(noise, beside, alone, short))
    }
    return {
      value: faults.length,
      target: `none refused, p99 at most ${STALL_MS_MAX} ms and ${SLOWER_MS_MAX} ms beyond alone`,
      faults,
      detail,
    }
  })
}

async function seenBeside(
  { path, body, connections = CONNECTIONS }: Noise,
  service: Service,
  stranger: HttpClient,
  seconds: number,
) {
  const load = await OpenLoop.open(service.port, path, body, connections)
  try {
    const loading = load.saturate(connections, seconds)
    const result = await seen(service, stranger, load, loading)
    const answers = await loading
    const count = (isMeant: (answer: Arrival) => boolean) => answers.filter(isMeant).length
    const isEarlyRefusal = ({ status, latencyMs }: Arrival) =>
      status === 503 && latencyMs < DEADLINE_MS
    return {
      ...result,
      served: count(({ status }) => status === 200),
      neighbourRefused: count(isEarlyRefusal),
      invalid: count(({ status }) => status >= 400 && status < 500),
    }
  } finally {
    load.close()
  }
}

/** The latencies of a stranger's requests and of the health check. */
type Seen = Awaited<ReturnType<typeof seen>>
type SeenBeside = Awaited<ReturnType<typeof seenBeside>>

/** Requests an item and the health check in turn, until the load is over. */
async function seen(
  service: Service,
  client: HttpClient,
  neighbour: { readonly answered: number },
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
  const { waitedMs } = scheduledTime(worker)
  const since = performance.now()
  let isOver = false
  const end = () => {
    isOver = true
  }
  over.then(end, end)
  while (!isOver) {
    const before = neighbour.answered
    await timed([], () => client.post('tables/stranger/scan', OWN_SCAN))
    between.push(neighbour.answered - before)
    await timed(latencies, () => client.post('tables/stranger/get_item', { key: KEY }))
    await timed(health, async () => {
      const answer = await fetch(`${service.url}/healthcheck`)
      await answer.arrayBuffer()
      return answer
    })
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
  { name, p99MsMax = STALL_MS_MAX, connections }: Noise,
  { refused, neighbourRefused, invalid, between, p99Ms, healthP99Ms }: SeenBeside,
  alone: Seen,
  short: boolean,
): string[] {
  const faults: string[] = []
  if (refused > 0) faults.push(`${name}: ${refused} of the stranger's requests were not served`)
  if (invalid > 0) faults.push(`${name}: ${invalid} of the neighbour's requests are no work`)
  if (neighbourRefused > 0) {
    const early = `${neighbourRefused} of the neighbour's requests were refused`
    faults.push(`${name}: ${early} before their time`)
  }
  if (connections === undefined && between > ANSWERS_BETWEEN_MAX) {
    faults.push(`${name}: ${between} answers to the neighbour before one to the stranger`)
  }
  if (short) return faults
  const msMax = Math.max(p99MsMax, alone.p99Ms + SLOWER_MS_MAX)
  if (p99Ms > msMax) faults.push(`${name}: p99 ${p99Ms} ms`)
  if (healthP99Ms > msMax) faults.push(`${name}: p99 of the health check ${healthP99Ms} ms`)
  return faults
}
