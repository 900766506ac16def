import { Chooser } from '../../differential/chooser.ts'
import { Requests } from '../../differential/requests.ts'
import { definition, type Json, TABLES } from '../../differential/tables.ts'
import { freePort } from '../../stack/ports.ts'
import { atOnce, below } from '../../support/at-once.ts'
import { NEAR_TABLES } from '../../support/hostile/near-requests.ts'
import {
  HOSTILE_CALLER,
  type HostileRequest,
  hostileDynamodbRequest,
  hostileRequest,
} from '../../support/hostile/requests.ts'
import { rounded } from '../../support/quantile.ts'
import { answersIn, type FinalAnswer, RawExchange, statusOf } from '../../support/raw-http.ts'
import type { Service } from '../../support/service.ts'
import { startCanary } from '../canary.ts'
import { type Figure, type FigureOptions, limitMs, type Measured, violated } from '../figure.ts'
import { onStorage } from '../figure-service.ts'
import { megabytesOf } from '../held.ts'

/** Half of them in DynamoDB's API. */
const REQUESTS = 40_000
const REQUESTS_SHORT = 4_000
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
/** Of fewer requests the share is by chance. */
const JUDGED_REQUESTS_MIN = 50
const SHOWN_LENGTH = 1_000
/** Refusals that depend on stored data. */
const ENGINE_REFUSALS =
  /ConditionalCheckFailedException|TableAlreadyExistsException|Resource(InUse|NotFound)Exception/

/** Valid requests with something done to them, on all routes. */
function hostileInput(storage: string, where: string): Figure {
  return {
    name: `8-${storage}`,
    shows: `mutated request that does harm ${where}`,
    async measure(options) {
      const streaming_bind_port = await freePort()
      const section = { workers: 1, streaming_bind_port }
      const measure = (service: Service) => measureOn(service, streaming_bind_port, options)
      return onStorage(storage, section, measure)(options)
    },
  }
}

export const HOSTILE_INPUT_LMDB = hostileInput('lmdb', 'on LMDB')
export const HOSTILE_INPUT_MEMORY = hostileInput('memory', 'in memory')
export const HOSTILE_INPUT_CASSANDRA = hostileInput('cassandra', 'on Cassandra')

/** Half of the bulk loads go to the separate port for them. */
async function measureOn(
  service: Service,
  streamingPort: number,
  options: FigureOptions,
): Promise<Measured> {
  const { short, random } = options
  const client = service.client(HOSTILE_CALLER)
  const [worker] = service.workers()
  const memory = () => Math.round(megabytesOf('VmRSS', service.workers()))
  const answerMsMax = limitMs(ANSWER_MS_MAX, options)
  const requests = short ? REQUESTS_SHORT : REQUESTS
  const faults: string[] = []
  const slow: HostileRequest[] = []
  const statuses: Record<number, number> = {}
  const operations: Record<string, { all: number; carriedOut: number }> = {}
  let [slowestMs, before] = [0, 0]
  const dynamodb = new Requests(new Chooser(random.below(2 ** 31)))
  const send = async (n: number): Promise<void> => {
    if (n === WARM_UP_SHARE * requests) before = memory()
    const isDynamodb = random.below(2) === 1
    const request = isDynamodb ? hostileDynamodbRequest(random, dynamodb) : hostileRequest(random)
    const isStreamed = request.operation === 'bulk_load' && random.below(2) === 1
    const answer = await answerTo(request, isStreamed ? streamingPort : service.port)
    const { status, milliseconds, text } = answer
    statuses[status] = (statuses[status] ?? 0) + 1
    const counts = operations[request.operation] ?? { all: 0, carriedOut: 0 }
    operations[request.operation] = counts
    counts.all++
    if (status === 200 || ENGINE_REFUSALS.test(text)) counts.carriedOut++
    const { operation, unchanged } = request
    if (isDynamodb && unchanged && status === 200) {
      dynamodb.succeeded({ operation, body: unchanged as Json })
    }
    slowestMs = Math.max(slowestMs, milliseconds)
    if (milliseconds > answerMsMax) slow.push(request)
    if (isHarmful(request, answer)) {
      faults.push(`${status} ${text.slice(0, SHOWN_LENGTH)}: ${shown(request)}`)
    }
  }
  for (const table of NEAR_TABLES) await client.done('tables', table)
  for (const table of TABLES) await client.done('dynamodb:CreateTable', definition(table))
  const endCanary = await startCanary(service)
  await atOnce(LANES, below(requests), send)
  const grownMegabytes = memory() - before
  const { reads, wrong, shed: canaryShed, p99Ms: canaryP99Ms } = await endCanary()
  // Only a request that is slow again, alone, counts.
  for (const request of slow) {
    const { status, milliseconds } = await answerTo(request, service.port)
    if (milliseconds <= answerMsMax) continue
    faults.push(`${status} in ${Math.round(milliseconds)} ms: ${shown(request)}`)
  }
  const carriedOut: Record<string, number> = {}
  for (const [name, counts] of Object.entries(operations).sort()) {
    const share = rounded(counts.carriedOut / counts.all)
    carriedOut[name] = share
    const isJudged = counts.all >= JUDGED_REQUESTS_MIN
    if (isJudged && share < CARRIED_OUT_SHARE_MIN)
      faults.push(`of ${name} only ${share} were carried out`)
  }
  const others = violated({
    [`${wrong} of ${reads} reads of an untouched table went wrong`]: wrong > 0,
    [`canary p99 ${canaryP99Ms} ms`]: canaryP99Ms > limitMs(CANARY_P99_MS_MAX, options),
    [`memory grew by ${grownMegabytes} MB`]: grownMegabytes > GROWTH_MEGABYTES_MAX,
    'the worker has ended': service.workers()[0] !== worker,
  })
  return {
    target: `no 5xx but of shedding, 501 and 505, none over ${answerMsMax} ms, no growth, no harm`,
    faults: [...faults, ...others],
    detail: {
      ...{ requests, statuses, carriedOut, slowestMs: Math.round(slowestMs) },
      ...{ canaryP99Ms, canaryShed, grownMegabytes },
    },
  }
}

type Answer = Awaited<ReturnType<typeof answerTo>>

/** Its status is 0 where the connection ended without an answer. */
async function answerTo({ bytes, isWhole }: HostileRequest, port: number) {
  const since = performance.now()
  const how = { ends: !isWhole, limitMs: ANSWER_LIMIT_MS }
  const text = await new RawExchange(port, [bytes], how).ended
  const status = statusOf(text.replace(/^(HTTP\/1\.1 100 .*\r\n\r\n)+/, ''))
  return { status, milliseconds: performance.now() - since, text }
}

function isHarmful({ isWhole }: HostileRequest, { status, text }: Answer): boolean {
  if (status === 0) return isWhole
  if (status >= 500) return !PROTOCOL_STATUSES.includes(status) && !SHED.test(text)
  return status === 200 && !isJson(text)
}

/** Whether each line of the body is JSON. A response to HEAD has no body. If a request's body was
 * shortened, the rest of the bytes may be refused as a second request, in plain text. */
function isJson(text: string): boolean {
  try {
    const cut = text.slice(text.lastIndexOf('\r\n\r\n') + 4)
    const isMeant = ({ head }: FinalAnswer) =>
      /^content-type: application\/(x-amz-)?json/im.test(head)
    const bodies = answersIn(text)?.flatMap((each) => (isMeant(each) ? each.body : [])) ?? [cut]
    for (const line of bodies.join('\n').split('\n').filter(Boolean)) JSON.parse(line)
    return true
  } catch {
    return false
  }
}

function shown({ bytes }: HostileRequest): string {
  return JSON.stringify(bytes.subarray(0, SHOWN_LENGTH).toString('latin1'))
}
