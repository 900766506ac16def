import { Canary, residentMegabytes } from '../canary.ts'
import { FaultedService } from '../faulted-service.ts'
import { type Figure, type FigureOptions, limitMs, type Measured } from '../figure.ts'
import {
  HOSTILE_PROJECT,
  HOSTILE_TABLE,
  HOSTILE_TOKEN,
  hostileRequest,
} from '../hostile-requests.ts'
import { HttpClient } from '../http-client.ts'
import { sendBytes } from '../raw-request.ts'

const REQUESTS = 20_000
const REQUESTS_SHORT = 2_000
/** Memory is compared with what it was after so many. */
const WARM_UP_SHARE = 0.1
const LANES = 8
const ANSWER_MS_MAX = 1_000
const CANARY_P99_MS_MAX = 200
const GROWTH_MEGABYTES_MAX = 100
const STATUSES_ALLOWED = [501, 503]

/** Valid requests with something done to them, on all routes. */
export const HOSTILE_INPUT: Figure = {
  name: 'hostile-input',
  shows: 'mutated request that does harm',
  controls: [],
  measure,
}

async function measure(options: FigureOptions): Promise<Measured> {
  const { folder, short, random } = options
  const config = { DEFAULT: { workers: 1 } }
  const service = await FaultedService.start({ config, folder })
  const client = new HttpClient(service.url, { token: HOSTILE_TOKEN, projectId: HOSTILE_PROJECT })
  const canary = new Canary(service.url)
  const [worker] = service.workers()
  const memory = () => residentMegabytes(service.workers())
  const faults: string[] = []
  const counts = new Map<number, number>()
  const total = short ? REQUESTS_SHORT : REQUESTS
  let slowestMs = 0
  let sent = 0
  let before = 0
  const lane = async (): Promise<void> => {
    const port = Number(new URL(service.url).port)
    while (sent < total) {
      if (sent++ === WARM_UP_SHARE * total) before = memory()
      const bytes = hostileRequest(random)
      const { status, milliseconds } = await sendBytes(port, bytes)
      counts.set(status, (counts.get(status) ?? 0) + 1)
      slowestMs = Math.max(slowestMs, milliseconds)
      const isBad = status >= 500 && !STATUSES_ALLOWED.includes(status)
      if (isBad || milliseconds > limitMs(ANSWER_MS_MAX, options)) {
        faults.push(`${status} in ${Math.round(milliseconds)} ms: ${shown(bytes)}`)
      }
    }
  }
  try {
    await client.done('tables', HOSTILE_TABLE)
    await canary.start()
    await Promise.all(Array.from({ length: LANES }, lane))
    const grown = memory() - before
    const { reads, wrong, p99Ms } = await canary.end()
    if (wrong > 0) faults.push(`${wrong} of ${reads} reads of an untouched table went wrong`)
    if (p99Ms > limitMs(CANARY_P99_MS_MAX, options)) faults.push(`canary p99 ${p99Ms} ms`)
    if (grown > GROWTH_MEGABYTES_MAX) faults.push(`memory grew by ${grown} MB`)
    if (service.workers()[0] !== worker) faults.push('the worker has ended')
    return {
      value: faults.length,
      target: 'no 5xx but 501 and 503, none over 1 s, no growth, an untouched table',
      faults,
      detail: {
        requests: total,
        statuses: Object.fromEntries([...counts].sort(([a], [b]) => a - b)),
        slowestMs: Math.round(slowestMs),
        canaryP99Ms: p99Ms,
        grownMegabytes: grown,
      },
    }
  } finally {
    client.close()
    await service.stop()
  }
}

const SHOWN_LENGTH = 400

function shown(bytes: Buffer): string {
  return JSON.stringify(bytes.subarray(0, SHOWN_LENGTH).toString('latin1'))
}
