import { freePort } from '../../stack/ports.ts'
import { atOnce, below } from '../../support/at-once.ts'
import { NEAR_TABLES } from '../../support/hostile/near-requests.ts'
import {
  HOSTILE_CALLER,
  type HostileRequest,
  hostileRequest,
} from '../../support/hostile/requests.ts'
import { answersIn, RawExchange, statusOf } from '../../support/raw-http.ts'
import type { Service } from '../../support/service.ts'
import { residentMegabytes, startCanary } from '../canary.ts'
import { type Figure, type FigureOptions, limitMs, type Measured } from '../figure.ts'
import { withCassandra, withService } from '../figure-service.ts'

const REQUESTS = 20_000
const REQUESTS_SHORT = 2_000
/** Share of the requests after which the memory is first measured. */
const WARM_UP_SHARE = 0.1
const LANES = 8
const ANSWER_LIMIT_MS = 20_000
const ANSWER_MS_MAX = 1_000
const CANARY_P99_MS_MAX = 200
const GROWTH_MEGABYTES_MAX = 100
/** Statuses for unknown methods, codings and versions of HTTP. */
const PROTOCOL_STATUSES = [501, 505]
/** Matches refusals because of overload. */
const SHED = /"message":"Too many /
/** Share of each operation's requests that must succeed. Requests that decoders refuse do not test
 * the engine and the storage. */
const CARRIED_OUT_SHARE_MIN = 0.12
/** Refusals that depend on stored data. */
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
    withCassandra({ nodes: 1, services: 1, workers: 1 }, options, ([service]) =>
      measureOn(service, service.port, options),
    ),
}

/** Half of the bulk loads go to the separate port for them. */
async function measureAlone(storage_driver: string, options: FigureOptions): Promise<Measured> {
  const streaming_bind_port = await freePort()
  const config = { DEFAULT: { workers: 1, storage_driver, streaming_bind_port } }
  return withService(config, options, (service) => measureOn(service, streaming_bind_port, options))
}

async function measureOn(
  service: Service,
  streamingPort: number,
  options: FigureOptions,
): Promise<Measured> {
  const { short, random } = options
  const client = service.client(HOSTILE_CALLER)
  const [worker] = service.workers()
  const memory = () => residentMegabytes(service.workers())
  const answerMsMax = limitMs(ANSWER_MS_MAX, options)
  const answers = new Answers(answerMsMax)
  const requests = short ? REQUESTS_SHORT : REQUESTS
  let before = 0
  const send = async (n: number): Promise<void> => {
    if (n === WARM_UP_SHARE * requests) before = memory()
    const request = hostileRequest(random)
    const isStreamed = request.operation === 'bulk_load' && random.below(2) === 1
    answers.add(request, await answerTo(request, isStreamed ? streamingPort : service.port))
  }
  for (const table of NEAR_TABLES) await client.done('tables', table)
  const endCanary = await startCanary(service)
  await atOnce(LANES, below(requests), send)
  const grownMegabytes = memory() - before
  const { reads, wrong, shed: canaryShed, p99Ms: canaryP99Ms } = await endCanary()
  await answers.askSlowAgain((request) => answerTo(request, service.port))
  const faults = answers.faults()
  if (wrong > 0) faults.push(`${wrong} of ${reads} reads of an untouched table went wrong`)
  if (canaryP99Ms > limitMs(CANARY_P99_MS_MAX, options)) {
    faults.push(`canary p99 ${canaryP99Ms} ms`)
  }
  if (grownMegabytes > GROWTH_MEGABYTES_MAX) faults.push(`memory grew by ${grownMegabytes} MB`)
  if (service.workers()[0] !== worker) faults.push('the worker has ended')
  return {
    value: faults.length,
    target: `no 5xx but of shedding, 501 and 505, none over ${answerMsMax} ms, no growth, no harm`,
    faults,
    detail: { requests, ...answers.detail(), canaryP99Ms, canaryShed, grownMegabytes },
  }
}

interface Answer {
  /** 0 if the connection ended without a response. */
  readonly status: number
  readonly milliseconds: number
  readonly text: string
}

async function answerTo({ bytes, isWhole }: HostileRequest, port: number): Promise<Answer> {
  const since = performance.now()
  const how = { ends: !isWhole, limitMs: ANSWER_LIMIT_MS }
  const text = await new RawExchange(port, [bytes], how).ended
  const status = statusOf(text.replace(/^(HTTP\/1\.1 100 .*\r\n\r\n)+/, ''))
  return { status, milliseconds: performance.now() - since, text }
}

/** The responses to all requests. */
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

  add(request: HostileRequest, { status, milliseconds, text }: Answer): void {
    const { operation, bytes, isWhole } = request
    this.#statuses.set(status, (this.#statuses.get(status) ?? 0) + 1)
    this.#slowestMs = Math.max(this.#slowestMs, milliseconds)
    const asked = this.#asked.get(operation) ?? { all: 0, carriedOut: 0 }
    this.#asked.set(operation, asked)
    asked.all++
    if (status === 200 || ENGINE_REFUSALS.test(text)) asked.carriedOut++
    if (milliseconds > this.#millisecondsMax) this.#slow.push(request)
    const isUnanswered = status === 0 && isWhole
    const isBad = status >= 500 && !PROTOCOL_STATUSES.includes(status) && !SHED.test(text)
    const isTorn = status === 200 && !isJson(text)
    if (isUnanswered || isBad || isTorn) {
      this.#faults.push(`${status} ${text.slice(0, SHOWN_LENGTH)}: ${shown(bytes)}`)
    }
  }

  /** Repeats slow requests alone. Only a request that is slow again counts. */
  async askSlowAgain(ask: (request: HostileRequest) => Promise<Answer>): Promise<void> {
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

/** Whether each line of the body is JSON. A response to HEAD has no body. If a request's body was
 * shortened, the rest of the bytes may be refused as a second request, in plain text. */
function isJson(text: string): boolean {
  try {
    const cut = text.slice(text.lastIndexOf('\r\n\r\n') + 4)
    const answers = answersIn(text)?.filter(({ head }) =>
      /^content-type: application\/json/im.test(head),
    )
    const bodies = answers?.map(({ body }) => body) ?? [cut]
    for (const line of bodies.join('\n').split('\n').filter(Boolean)) JSON.parse(line)
    return true
  } catch {
    return false
  }
}

const SHOWN_LENGTH = 1_000

function shown(bytes: Buffer): string {
  return JSON.stringify(bytes.subarray(0, SHOWN_LENGTH).toString('latin1'))
}
