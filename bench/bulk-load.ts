import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { parseArgs } from 'node:util'
import { startCassandra } from '../test/stack/cassandra.ts'
import { killAllGroups } from '../test/stack/processes.ts'
import { type ConfigSections, Service } from '../test/support/service.ts'

/**
 * `npm run bench:bulk-load -- [--engine cassandra] --gigabytes 2 --megabytes 512`: a bulk load into
 * a new LMDB database or Cassandra node. Measures the memory of the worker that serves it every
 * second. Each item comes twice, so that the database stays smaller than the body. Prints one JSON
 * line. Exits with 1 if the load fails or the worker's own memory exceeds the megabytes.
 */
const HEADERS = { 'X-Auth-Token': 'bench:bench' }
const CHUNK_LINES = 256
const ITEMS_PER_PARTITION = 500

const { values } = parseArgs({
  options: {
    engine: { type: 'string', default: 'lmdb' },
    gigabytes: { type: 'string', default: '2' },
    megabytes: { type: 'string', default: '512' },
  },
})
const bytesTotal = Math.round(Number(values.gigabytes) * 2 ** 30)

/** Memory in MB: the process's own, and all that is resident, including a mapped database. */
interface Memory {
  readonly anonymous: number
  readonly resident: number
}

const interrupted = new AbortController()
process.once('SIGINT', () => interrupted.abort())
process.once('SIGTERM', () => interrupted.abort())
process.once('exit', killAllGroups)
const folder = mkdtempSync(join(tmpdir(), 'magnetodb-bulk-load-'))
const closers: (() => Promise<unknown>)[] = []
try {
  process.exitCode = (await measure()) ? 0 : 1
} finally {
  for (const close of closers.reverse()) await close()
  rmSync(folder, { recursive: true, force: true })
}

async function measure(): Promise<boolean> {
  const { url, pid } = await start()
  await create(`${url}/v1/data/bench/tables`)
  const [worker] = childrenOf(pid)
  if (worker === undefined) throw new Error('there is no worker')
  const samples = [memoryOf(worker)]
  const timer = setInterval(() => samples.push(memoryOf(worker)), 1_000)
  const startedAt = performance.now()
  const reply = await load(`${url}/v1/data/bench/tables/bench/bulk_load?progress=true`)
  const seconds = (performance.now() - startedAt) / 1_000
  clearInterval(timer)
  const anonymous = samples.map((sample) => sample.anonymous)
  const anonymousMax = Math.max(...anonymous)
  const result = {
    engine: values.engine,
    gigabytes: Number(values.gigabytes),
    seconds: round(seconds),
    rowsPerSecond: Math.round(reply.processed / seconds),
    megabytesPerSecond: round(bytesTotal / seconds / 2 ** 20),
    reply,
    anonymousMegabytesMax: anonymousMax,
    anonymousMegabytesEachSecond: anonymous,
    residentMegabytesEachSecond: samples.map((sample) => sample.resident),
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
  return reply.failed === 0 && anonymousMax <= Number(values.megabytes)
}

async function start(): Promise<Service> {
  const config = values.engine === 'cassandra' ? await cassandra() : lmdb()
  const DEFAULT = { storage_driver: values.engine, workers: 1 }
  const service = await Service.start({ ...config, DEFAULT })
  closers.push(() => service.stop())
  return service
}

function lmdb(): ConfigSections {
  return { lmdb: { path: join(folder, 'lmdb'), map_size: '3G' } }
}

async function cassandra(): Promise<ConfigSections> {
  const node = await startCassandra({ folder, signal: interrupted.signal })
  closers.push(() => node.stop())
  const [host, port] = (node.environment.MAGNETODB_TEST_CASSANDRA ?? '').split(':')
  return { cassandra: { contact_points: host ?? '', port: port ?? '', replication_factor: 1 } }
}

async function create(url: string): Promise<void> {
  const body = JSON.stringify({
    table_name: 'bench',
    attribute_definitions: [
      { attribute_name: 'h', attribute_type: 'S' },
      { attribute_name: 'r', attribute_type: 'N' },
    ],
    key_schema: [
      { attribute_name: 'h', key_type: 'HASH' },
      { attribute_name: 'r', key_type: 'RANGE' },
    ],
  })
  const answer = await fetch(url, { method: 'POST', headers: HEADERS, body })
  if (!answer.ok) throw new Error(await answer.text())
}

interface Reply {
  readonly read: number
  readonly processed: number
  readonly unprocessed: number
  readonly failed: number
}

async function load(url: string): Promise<Reply> {
  const outgoing = request(url, { method: 'POST', headers: HEADERS })
  Readable.from(lines()).pipe(outgoing)
  const [incoming] = await once(outgoing, 'response')
  let last = ''
  for await (const chunk of incoming) last = `${last}${chunk}`.split('\n').slice(-3).join('\n')
  const { read, processed, unprocessed, failed } = JSON.parse(last.trim().split('\n').at(-1) ?? '')
  return { read, processed, unprocessed, failed }
}

/** Lines of 1 kB. The items of a partition are consecutive. */
function* lines(): Generator<Buffer> {
  const padding = 'x'.repeat(935)
  let bytes = 0
  for (let n = 0; bytes < bytesTotal; ) {
    let text = ''
    for (let i = 0; i < CHUNK_LINES; i++, n++) {
      const key = n >> 1
      const h = `partition-${Math.floor(key / ITEMS_PER_PARTITION)}`.padEnd(18)
      text += `{"h":{"S":"${h}"},"r":{"N":"${key % ITEMS_PER_PARTITION}"},`
      text += `"line":{"N":"${n}"},"padding":{"S":"${padding}"}}\n`
    }
    bytes += text.length
    yield Buffer.from(text, 'latin1')
  }
}

function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return text.split(' ').filter(Boolean).map(Number)
}

function memoryOf(pid: number): Memory {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const megabytes = (name: string) =>
    Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1_024)
  return { anonymous: megabytes('RssAnon'), resident: megabytes('VmRSS') }
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
