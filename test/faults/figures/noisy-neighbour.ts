import { scheduledTime } from '../../scheduled-time.ts'
import { FaultedService } from '../faulted-service.ts'
import type { Figure, FigureOptions, Measured } from '../figure.ts'
import { HttpClient, type Json } from '../http-client.ts'
import { OpenLoop } from '../open-loop.ts'
import { postBytes } from '../raw-request.ts'
import { WRITTEN_TABLE, WRITTEN_TABLE_BODY, writtenKey } from '../written-item.ts'

const CONNECTIONS = 64
/** More than the operations that one process runs at once. */
const HOT_CONNECTIONS = 1_100
const ROWS = 10_000
const ROWS_SHORT = 2_500
const BATCH = 25
const SECONDS = 20
const SECONDS_SHORT = 3
const STRANGER = { token: 'tester:stranger', projectId: 'stranger' }
const STRANGERS_TABLE = {
  table_name: 'stranger',
  attribute_definitions: [{ attribute_name: 'id', attribute_type: 'S' }],
  key_schema: [{ attribute_name: 'id', key_type: 'HASH' }],
}
const KEY = { id: { S: 'one' } }
/** Of one item: work that takes a turn where others have work as well. */
const OWN_SCAN = {
  scan_filter: { id: { attribute_value_list: [KEY.id], comparison_operator: 'EQ' } },
}
/** Of the neighbour's answers, between a stranger's request and its answer: in a service that takes
 * turns, those of a few turns of its event loop. */
const ANSWERS_BETWEEN_MAX = 4
/** Who waits is refused no earlier than at an operation's deadline, 10 s. */
const DEADLINE_MS = 9_000
/** Beyond what a request takes alone. */
const SLOWER_MS_MAX = 100
const STALL_MS_MAX = 250
const STALL_MS_MAX_LARGE_BATCH = 450

interface Noise {
  readonly name: string
  readonly path: string
  readonly body: Json
  readonly connections: number
  readonly p99MsMax: number
}

const TABLE = `tables/${WRITTEN_TABLE}`
const SCAN: Noise = noise('scan', `${TABLE}/scan`, {})
const FILTERED_SCAN: Noise = noise('filtered scan', `${TABLE}/scan`, {
  scan_filter: {
    key: { attribute_value_list: [{ S: 'x' }], comparison_operator: 'EQ' },
  },
})
const HOT_ITEM: Noise = {
  ...noise('hot item', `${TABLE}/update_item`, {
    key: writtenKey('hot', 'item'),
    attribute_updates: { count: { action: 'ADD', value: { N: '1' } } },
  }),
  connections: HOT_CONNECTIONS,
}
/** The dearest legal request of each kind. */
const DEAREST: readonly Noise[] = [
  SCAN,
  FILTERED_SCAN,
  noise('query', `${TABLE}/query`, {
    key_conditions: { lane: { attribute_value_list: [{ S: 'rows' }], comparison_operator: 'EQ' } },
    attributes_to_get: ['key'],
  }),
  noise('put of the largest item', `${TABLE}/put_item`, {
    item: { ...writtenKey('large', 'list'), list: { L: Array(130_000).fill({ N: '1' }) } },
  }),
  noise('update of the largest item', `${TABLE}/update_item`, {
    key: writtenKey('large', 'list'),
    attribute_updates: { count: { action: 'ADD', value: { N: '1' } } },
    return_values: 'ALL_NEW',
  }),
  noise('batch get', 'batch_get_item', {
    request_items: {
      [WRITTEN_TABLE]: {
        keys: Array.from({ length: 100 }, (_, i) => writtenKey('rows', `key-${i}`)),
        attributes_to_get: ['key', 'rank'],
      },
    },
  }),
  {
    ...noise('batch write of large sets', 'batch_write_item', {
      request_items: {
        [WRITTEN_TABLE]: Array.from({ length: BATCH }, (_, i) => ({
          put_request: { item: { ...writtenKey('large', `set-${i}`), set: longNumbers() } },
        })),
      },
    }),
    p99MsMax: STALL_MS_MAX_LARGE_BATCH,
  },
]

function noise(name: string, path: string, body: Json): Noise {
  return { name, path, body, connections: CONNECTIONS, p99MsMax: STALL_MS_MAX }
}

function longNumbers(): Json {
  return {
    NS: Array.from({ length: 9_000 }, (_, i) => `${(i * 7_919) % 10_007}`.padStart(38, '1')),
  }
}

/** One project does what takes most, and another asks for an item. */
export const NOISY_NEIGHBOUR: Figure = {
  name: '11',
  shows: 'project that keeps another from being served',
  controls: ['one-pot', 'budget-per-operation'],
  measure: (options) => measure(options, [FILTERED_SCAN, HOT_ITEM]),
}

export const STALL: Figure = {
  name: 'stall',
  shows: 'request that stalls the requests of strangers',
  controls: [],
  measure: (options) => measure(options, DEAREST),
}

/** What a stranger and the health check saw. */
interface Seen {
  readonly p99Ms: number
  readonly healthP99Ms: number
  readonly refused: number
  /** The median of the neighbour's answers while the stranger waited for one. */
  readonly between: number
}

async function measure(options: FigureOptions, noises: readonly Noise[]): Promise<Measured> {
  const { folder, short, bug } = options
  const seconds = short ? SECONDS_SHORT : SECONDS
  const service = await FaultedService.start({ config: { DEFAULT: { workers: 1 } }, folder, bug })
  const client = new HttpClient(service.url)
  const stranger = new HttpClient(service.url, STRANGER)
  try {
    await fill(client, short ? ROWS_SHORT : ROWS)
    await stranger.done('tables', STRANGERS_TABLE)
    await stranger.done('tables/stranger/put_item', { item: KEY })
    const [worker = 0] = service.workers()
    const over = performance.now() + seconds * 1_000
    const alone = await seen(
      worker,
      service.url,
      stranger,
      () => 0,
      () => performance.now() < over,
    )
    const faults: string[] = []
    const detail: Record<string, unknown> = { alone }
    for (const each of noises) {
      const beside = await seenBeside(each, { worker, service, stranger, seconds })
      detail[each.name] = beside
      faults.push(...faultsOf(each, beside, alone, short))
    }
    return {
      value: faults.length,
      target: `none refused, p99 at most ${STALL_MS_MAX} ms and ${SLOWER_MS_MAX} ms beyond alone`,
      faults,
      detail,
    }
  } finally {
    client.close()
    stranger.close()
    await service.stop()
  }
}

async function fill(client: HttpClient, rows: number): Promise<void> {
  await client.done('tables', WRITTEN_TABLE_BODY)
  for (let i = 0; i < rows; i += BATCH) {
    const puts = Array.from({ length: BATCH }, (_, k) => ({
      put_request: { item: { ...writtenKey('rows', `key-${i + k}`), rank: { N: '1' } } },
    }))
    await client.done('batch_write_item', { request_items: { [WRITTEN_TABLE]: puts } })
  }
}

interface Beside {
  readonly worker: number
  readonly service: FaultedService
  readonly stranger: HttpClient
  readonly seconds: number
}

async function seenBeside(each: Noise, { worker, service, stranger, seconds }: Beside) {
  const port = Number(new URL(service.url).port)
  const { path, body, connections } = each
  const load = await OpenLoop.open(port, postBytes(path, body), connections)
  try {
    let isOver = false
    const loading = load.saturate(connections, seconds).finally(() => {
      isOver = true
    })
    const result = await seen(
      worker,
      service.url,
      stranger,
      () => load.answered,
      () => !isOver,
    )
    const answers = await loading
    const served = answers.filter(({ status }) => status === 200).length
    const neighbourRefused = answers.filter(
      ({ status, latencyMs }) => status === 503 && latencyMs < DEADLINE_MS,
    ).length
    return { ...result, served, neighbourRefused }
  } finally {
    load.close()
  }
}

/** Asks for an item, and for the health check, one after the other while it goes on. */
async function seen(
  worker: number,
  url: string,
  client: HttpClient,
  answered: () => number,
  goesOn: () => boolean,
): Promise<Seen> {
  const latencies: number[] = []
  const health: number[] = []
  const between: number[] = []
  let refused = 0
  const { waitedMs } = scheduledTime(worker)
  const since = performance.now()
  while (goesOn()) {
    const before = answered()
    const scanned = await client.post('tables/stranger/scan', OWN_SCAN)
    between.push(answered() - before)
    if (scanned.kind !== 'answered' || scanned.status !== 200) refused++
    const sentAt = performance.now()
    const reply = await client.post('tables/stranger/get_item', { key: KEY })
    latencies.push(performance.now() - sentAt)
    if (reply.kind !== 'answered' || reply.status !== 200) refused++
    const askedAt = performance.now()
    const answer = await fetch(`${url}/healthcheck`)
    await answer.arrayBuffer()
    health.push(performance.now() - askedAt)
    if (!answer.ok) refused++
  }
  const waited = scheduledTime(worker).waitedMs - waitedMs
  const share = 1 - waited / (performance.now() - since)
  const p99 = (values: readonly number[]) => Math.round(share * quantile(values, 0.99))
  return {
    p99Ms: p99(latencies),
    healthP99Ms: p99(health),
    refused,
    between: quantile(between, 0.5),
  }
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(share * sorted.length)] ?? 0
}

function faultsOf(
  { name, p99MsMax, connections }: Noise,
  { refused, neighbourRefused, between, p99Ms, healthP99Ms }: Seen & { neighbourRefused: number },
  alone: Seen,
  short: boolean,
): string[] {
  const faults: string[] = []
  if (refused > 0) faults.push(`${name}: ${refused} of the stranger's requests were not served`)
  if (neighbourRefused > 0) {
    faults.push(
      `${name}: ${neighbourRefused} of the neighbour's requests were refused before their time`,
    )
  }
  if (connections === CONNECTIONS && between > ANSWERS_BETWEEN_MAX) {
    faults.push(`${name}: ${between} answers to the neighbour before one to the stranger`)
  }
  if (short) return faults
  const msMax = Math.max(p99MsMax, alone.p99Ms + SLOWER_MS_MAX)
  if (p99Ms > msMax) faults.push(`${name}: p99 ${p99Ms} ms`)
  if (healthP99Ms > msMax) faults.push(`${name}: p99 of the health check ${healthP99Ms} ms`)
  return faults
}
