import { NEAR_TABLES } from '../../dialect/magnetodb/near-requests.ts'
import { freePort } from '../../stack/ports.ts'
import { Canary, residentMegabytes } from '../canary.ts'
import { withCassandra } from '../cassandra-services.ts'
import { FaultedService } from '../faulted-service.ts'
import { type Figure, type FigureOptions, limitMs, type Measured } from '../figure.ts'
import {
  HOSTILE_PROJECT,
  HOSTILE_TOKEN,
  type HostileRequest,
  hostileRequest,
} from '../hostile-requests.ts'
import { HttpClient } from '../http-client.ts'
import { type RawReply, sendBytes } from '../raw-request.ts'

const REQUESTS = 20_000
const REQUESTS_SHORT = 2_000
/** Memory is compared with what it was after so many. */
const WARM_UP_SHARE = 0.1
const LANES = 8
const ANSWER_MS_MAX = 1_000
const CANARY_P99_MS_MAX = 200
const GROWTH_MEGABYTES_MAX = 100
/** How it refuses what is too much. */
/** For a transfer coding that nobody knows. */
const NOT_IMPLEMENTED = 501
const SHED = /"message":"Too many /
/** Of the requests of each operation, as many at least must be carried out: what is refused at
 * the door shows nothing of the rest of the house. */
const CARRIED_OUT_SHARE_MIN = 0.12
/** These are found out only by a look at what is stored. */
const ENGINE_REFUSALS = /ConditionalCheckFailedException|TableAlreadyExistsException/

/** Valid requests with something done to them, on all routes. */
const SHOWS = 'mutated request that does harm'

export const HOSTILE_INPUT_LMDB: Figure = {
  name: '8-lmdb',
  shows: `${SHOWS} on LMDB`,
  controls: [],
  measure: (options) => measureAlone('lmdb', options),
}

export const HOSTILE_INPUT_MEMORY: Figure = {
  name: '8-memory',
  shows: `${SHOWS} in memory`,
  controls: [],
  measure: (options) => measureAlone('memory', options),
}

export const HOSTILE_INPUT_CASSANDRA: Figure = {
  name: '8-cassandra',
  shows: `${SHOWS} on Cassandra`,
  controls: [],
  measure: (options) =>
    withCassandra({ nodes: 1, services: 1, workers: 1 }, options, ({ services: [service] }) => {
      if (!service) throw new Error('there is no service')
      return measureOn(service, portOf(service), options)
    }),
}

/** Half of the bulk loads go to the port of their own. */
async function measureAlone(storage: string, options: FigureOptions): Promise<Measured> {
  const streamingPort = await freePort()
  const config = {
    DEFAULT: { workers: 1, storage_driver: storage, streaming_bind_port: streamingPort },
  }
  const service = await FaultedService.start({ config, folder: options.folder })
  try {
    return await measureOn(service, streamingPort, options)
  } finally {
    await service.stop()
  }
}

async function measureOn(
  service: FaultedService,
  streamingPort: number,
  options: FigureOptions,
): Promise<Measured> {
  const { short, random } = options
  const client = new HttpClient(service.url, { token: HOSTILE_TOKEN, projectId: HOSTILE_PROJECT })
  const canary = new Canary(service.url)
  const [worker] = service.workers()
  const memory = () => residentMegabytes(service.workers())
  const answerMsMax = limitMs(ANSWER_MS_MAX, options)
  const answers = new Answers(answerMsMax)
  const total = short ? REQUESTS_SHORT : REQUESTS
  let sent = 0
  let before = 0
  const lane = async (): Promise<void> => {
    while (sent < total) {
      if (sent++ === WARM_UP_SHARE * total) before = memory()
      const request = hostileRequest(random)
      const isStreamed = request.operation === 'bulk_load' && random.below(2) === 1
      const port = isStreamed ? streamingPort : portOf(service)
      answers.add(request, await sendBytes(port, request.bytes, request.isWhole))
    }
  }
  try {
    for (const table of NEAR_TABLES) await client.done('tables', table)
    await canary.start()
    await Promise.all(Array.from({ length: LANES }, lane))
    const grown = memory() - before
    const { reads, wrong, shed, p99Ms } = await canary.end()
    await answers.askSlowAgain(({ bytes, isWhole }) => sendBytes(portOf(service), bytes, isWhole))
    const faults = answers.faults()
    if (wrong > 0) faults.push(`${wrong} of ${reads} reads of an untouched table went wrong`)
    if (p99Ms > limitMs(CANARY_P99_MS_MAX, options)) faults.push(`canary p99 ${p99Ms} ms`)
    if (grown > GROWTH_MEGABYTES_MAX) faults.push(`memory grew by ${grown} MB`)
    if (service.workers()[0] !== worker) faults.push('the worker has ended')
    return {
      value: faults.length,
      target:
        `no 5xx but of shedding and 501, none over ${answerMsMax} ms, no growth, ` +
        'an untouched table',
      faults,
      detail: {
        requests: total,
        ...answers.detail(),
        canaryP99Ms: p99Ms,
        canaryShed: shed,
        grownMegabytes: grown,
      },
    }
  } finally {
    client.close()
  }
}

function portOf({ url }: FaultedService): number {
  return Number(new URL(url).port)
}

/** What the requests were answered. */
class Answers {
  readonly #millisecondsMax: number
  readonly #statuses = new Map<number, number>()
  readonly #asked = new Map<string, { all: number; carriedOut: number }>()
  readonly #faults: string[] = []
  readonly #slow: HostileRequest[] = []
  #slowestMs = 0

  constructor(millisecondsMax: number) {
    this.#millisecondsMax = millisecondsMax
  }

  add(request: HostileRequest, { status, milliseconds, text }: RawReply): void {
    const { operation, bytes, isWhole } = request
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1)
    this.#slowestMs = Math.max(this.#slowestMs, milliseconds)
    const asked = this.#asked.get(operation) ?? { all: 0, carriedOut: 0 }
    this.#asked.set(operation, asked)
    asked.all++
    if (status === 200 || ENGINE_REFUSALS.test(text)) asked.carriedOut++
    if (milliseconds > this.#millisecondsMax) this.#slow.push(request)
    const isUnanswered = status === 0 && isWhole
    const isBad = status >= 500 && status !== NOT_IMPLEMENTED && !SHED.test(text)
    const isTorn = status === 200 && !isJson(text)
    if (isUnanswered || isBad || isTorn) {
      this.#faults.push(`${status} ${text.slice(0, SHOWN_LENGTH)}: ${shown(bytes)}`)
    }
  }

  /** What was answered late is late by itself only if it is late again when nothing else runs. */
  async askSlowAgain(ask: (request: HostileRequest) => Promise<RawReply>): Promise<void> {
    for (const request of this.#slow) {
      const { status, milliseconds } = await ask(request)
      if (milliseconds <= this.#millisecondsMax) continue
      this.#faults.push(`${status} in ${Math.round(milliseconds)} ms: ${shown(request.bytes)}`)
    }
  }

  faults(): string[] {
    const rare = [...this.#shares()].filter(([, share]) => share < CARRIED_OUT_SHARE_MIN)
    const told = rare.map(([operation, share]) => `of ${operation} only ${share} were carried out`)
    return [...this.#faults, ...told]
  }

  detail() {
    return {
      statuses: Object.fromEntries([...this.#statuses].sort(([a], [b]) => a - b)),
      carriedOut: Object.fromEntries(this.#shares()),
      slowestMs: Math.round(this.#slowestMs),
    }
  }

  #shares(): ReadonlyMap<string, number> {
    const counts = [...this.#asked].sort(([a], [b]) => a.localeCompare(b))
    return new Map(
      counts.map(([operation, { all, carriedOut }]) => [
        operation,
        Math.round((100 * carriedOut) / all) / 100,
      ]),
    )
  }
}

/** Every line of the answer is; of a HEAD there is nothing. */
function isJson(text: string): boolean {
  const head = text.search(/\r\n\r\n(?!HTTP\/)/)
  const rest = text.slice(head + 4)
  const isChunked = /\bchunked\b/.test(text.slice(0, head))
  try {
    const body = isChunked ? withoutChunks(rest) : rest
    for (const line of body.split('\n').filter(Boolean)) JSON.parse(line)
    return true
  } catch {
    return false
  }
}

function withoutChunks(text: string): string {
  let body = ''
  let at = 0
  for (let size = -1; size !== 0; ) {
    const start = text.indexOf('\r\n', at) + 2
    size = Number.parseInt(text.slice(at, start), 16)
    if (start === 1 || Number.isNaN(size)) throw new Error('a chunk is torn')
    body += text.slice(start, start + size)
    at = start + size + 2
  }
  return body
}

const SHOWN_LENGTH = 1_000

function shown(bytes: Buffer): string {
  return JSON.stringify(bytes.subarray(0, SHOWN_LENGTH).toString('latin1'))
}
