import { readFileSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import {
  SAMPLE_REQUESTS as DYNAMODB_SAMPLES,
  SAMPLE_TABLE as DYNAMODB_TABLE,
} from '../../dialect/dynamodb/sample-requests.ts'
import { apiAddress } from '../../support/api-address.ts'
import { exchange } from '../../support/exchange.ts'
import { partsReplaced } from '../../support/hostile/json.ts'
import { SAMPLE_REQUESTS, SAMPLE_TABLE } from '../../support/hostile/sample-requests.ts'
import { ANYBODY } from '../../support/http-client.ts'
import { quantile } from '../../support/quantile.ts'
import type { Service } from '../../support/service.ts'
import type { Figure, FigureOptions, Measured } from '../figure.ts'
import { type Services, withServices } from '../figure-service.ts'
import { DEAREST, type DearRequest } from '../turns/dearest-requests.ts'
import { LARGE_REQUESTS, LARGE_TEXTS } from '../turns/large-requests.ts'
import { fillPartition, GET, writtenKey } from '../written-item.ts'

const ROWS = 10_000
const ROWS_SHORT = 1_000
/** Times that a request over its limit is sent. Compilation and garbage collection vary. */
const TIMES = 5
const PIECE_MS_MAX = 50
const BATCH_WRITE = /batch_?write/i
/** Bytes of a body above which a batch of writes may take longer. */
const LARGE_BATCH_BYTES = 4 * 1024 * 1024
const LARGE_BATCH_MS_MAX = 150
/** Of the changed sample requests, one in this many is sent. */
const SPARSE = 48
const SPARSE_SHORT = 240
const SHOWN = 12
const SHOWN_LENGTH = 400
const PROBE = new URL('../turns/turn-probe.js', import.meta.url).href

/** Without a status, any below 500 is right. */
type Asked = Omit<DearRequest, 'body'> & {
  readonly body: string | Buffer
  readonly headers?: Readonly<Record<string, string>>
  /** Bytes of the body before compression. Default: those of `body`. */
  readonly bytes?: number
}

/** Sends one request at a time, and measures the longest turn of the event loop meanwhile. */
export const PIECES: Figure = {
  name: 'pieces',
  shows: 'request that takes the event loop in one piece',
  controls: ['no-pauses'],
  async measure(options) {
    const file = join(options.folder, 'turns')
    writeFileSync(file, '')
    const environment = { NODE_OPTIONS: `--import=${PROBE}`, MAGNETODB_TEST_TURNS: file }
    const config = { DEFAULT: { workers: 1 } }
    const measured = ([service]: Services) => measure(service, file, options)
    return withServices(1, config, options, measured, { environment })
  },
}

async function measure(service: Service, file: string, options: FigureOptions): Promise<Measured> {
  const client = service.client()
  await fillPartition(client, 'rows', options.short ? ROWS_SHORT : ROWS)
  await client.done('tables', SAMPLE_TABLE)
  await client.done('dynamodb:CreateTable', DYNAMODB_TABLE)
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  let refused = 0
  const longestMs = async (asked: Asked): Promise<number> => {
    const { name, path, body, headers, says = '' } = asked
    const { length } = readFileSync(file)
    const address = apiAddress(path, ANYBODY)
    const { status, body: text } = await exchange({
      ...{ url: service.url + address.target, method: 'POST', body, agent, repeatable: false },
      headers: { ...address.headers, ...headers },
    })
    // On a crowded machine the disk may exceed a write's deadline.
    if (status === 503) refused++
    else if (status >= 500 || (asked.status ?? status) !== status || !text.includes(says)) {
      throw new Error(`${name}: ${status} ${text.slice(0, SHOWN_LENGTH)}`)
    }
    // When this one is answered, the measured request's last turn has ended.
    await client.done(GET, { key: writtenKey('rows', 'key-0') })
    const turns = readFileSync(file, 'latin1').slice(length).split('\n').map(Number)
    return Math.max(...turns)
  }
  const faults: string[] = []
  const seen: { name: string; ms: number; most: number }[] = []
  for (const asked of requests(options)) {
    const { path, body, bytes = Buffer.byteLength(body) } = asked
    const isLargeBatch = BATCH_WRITE.test(path) && bytes > LARGE_BATCH_BYTES
    const msMax = isLargeBatch ? LARGE_BATCH_MS_MAX : PIECE_MS_MAX
    const all = [await longestMs(asked)]
    while (Math.max(...all) > msMax && all.length < TIMES) all.push(await longestMs(asked))
    const ms = quantile(all, 0.5)
    seen.push({ name: asked.name, ms, most: Math.max(...all) })
    if (ms > msMax) faults.push(`${asked.name}: ${ms} ms in one piece`)
    // The control has found its planted bug.
    if (options.bug !== undefined && faults.length > 0) break
  }
  agent.destroy()
  const dearest = seen.toSorted((a, b) => b.ms - a.ms).slice(0, SHOWN)
  return {
    target: `at most ${PIECE_MS_MAX} ms, ${LARGE_BATCH_MS_MAX} ms for batches of writes over 4 MiB`,
    faults,
    detail: { requests: seen.length, refused, dearest },
  }
}

const GZIP = { 'Content-Encoding': 'gzip', 'Accept-Encoding': 'gzip' }

function* requests({ short, random }: FigureOptions): Generator<Asked> {
  for (const request of [...LARGE_REQUESTS, ...DEAREST]) {
    yield { status: 200, ...request }
    const { name, path, body } = request
    if (!path.startsWith('dynamodb:Batch')) continue
    const bytes = Buffer.byteLength(body)
    const zipped = gzipSync(body, { level: 1 })
    yield { name: `${name} in gzip`, path, body: zipped, bytes, headers: GZIP }
  }
  for (const [name, text] of Object.entries(LARGE_TEXTS)) {
    for (const [path, sample] of SAMPLES) {
      for (const [part, body] of partsReplaced(sample, text)) {
        if (random.below(short ? SPARSE_SHORT : SPARSE) > 0) continue
        yield { name: `${path} with ${name} as ${part}`, path, body }
      }
    }
  }
}

/** Requests of both wires that have a body. */
const SAMPLES: readonly (readonly [path: string, body: unknown])[] = [
  ...SAMPLE_REQUESTS.map(({ path, body }) => [path.slice(1), body] as const),
  ...DYNAMODB_SAMPLES.map(([name, body]) => [`dynamodb:${name}`, body] as const),
].filter(([path, body]) => body !== undefined && path !== 'dynamodb:DeleteTable')
