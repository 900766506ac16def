import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/**
 * `npm run bench:bulk-load -- --gigabytes 2 --megabytes 512`: a bulk load into an LMDB of its own,
 * with the memory of the worker that serves it over time. Each item comes twice, so that the
 * database stays smaller than the body. Prints one JSON line; exits with 1 when the load fails or
 * the worker's own memory passes the megabytes.
 */
const MAIN = fileURLToPath(new URL('../src/main.js', import.meta.url))
const HEADERS = { 'X-Auth-Token': 'bench:bench' }
const CHUNK_LINES = 256
const ITEMS_PER_PARTITION = 500

const { values } = parseArgs({
  options: {
    gigabytes: { type: 'string', default: '2' },
    megabytes: { type: 'string', default: '512' },
  },
})
const bytesTotal = Math.round(Number(values.gigabytes) * 2 ** 30)

interface Sample {
  readonly seconds: number
  /** The process's own memory; `file` is the database as it is mapped. In MB. */
  readonly anonymous: number
  readonly file: number
}

const folder = mkdtempSync(join(tmpdir(), 'magnetodb-bulk-load-'))
let service: ChildProcess | undefined
try {
  process.exitCode = (await measure()) ? 0 : 1
} finally {
  if (service?.exitCode === null) {
    service.kill('SIGTERM')
    await once(service, 'exit')
  }
  rmSync(folder, { recursive: true, force: true })
}

async function measure(): Promise<boolean> {
  const url = await start()
  await create(`${url}/v1/data/bench/tables`)
  const [pid] = childrenOf(service?.pid ?? 0)
  if (pid === undefined) throw new Error('there is no worker')
  const samples: Sample[] = []
  const startedAt = performance.now()
  const seconds = () => (performance.now() - startedAt) / 1_000
  const timer = setInterval(() => samples.push({ seconds: seconds(), ...memoryOf(pid) }), 1_000)
  const reply = await load(`${url}/v1/data/bench/tables/bench/bulk_load?progress=true`)
  clearInterval(timer)
  const took = seconds()
  const anonymousMax = Math.max(...samples.map(({ anonymous }) => anonymous))
  const isGood = reply.failed === 0 && anonymousMax <= Number(values.megabytes)
  const result = {
    gigabytes: Number(values.gigabytes),
    seconds: round(took),
    rowsPerSecond: Math.round(reply.processed / took),
    megabytesPerSecond: round(bytesTotal / took / 2 ** 20),
    reply,
    databaseMegabytes: round(statSync(join(folder, 'lmdb', 'data.mdb')).blocks / 2_048),
    anonymousMegabytesMax: anonymousMax,
    memory: evenly(samples),
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
  return isGood
}

async function start(): Promise<string> {
  const file = join(folder, 'magnetodb.conf')
  const lmdb = `[lmdb]\npath = ${join(folder, 'lmdb')}\nmap_size = 3G\n`
  writeFileSync(
    file,
    `[DEFAULT]\nauth_strategy = noauth\nstorage_driver = lmdb\nbind_port = 0\nworkers = 1\n${lmdb}`,
  )
  service = spawn(process.execPath, [MAIN, '--config-file', file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  for await (const chunk of service.stdout ?? []) {
    output += chunk
    const url = /listens on (\S+)/.exec(output)?.[1]
    if (url !== undefined) return url
  }
  throw new Error(`the service ended: ${output}`)
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

/** Lines of 1 kB, those of a partition next to each other. */
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

function memoryOf(pid: number): Omit<Sample, 'seconds'> {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const megabytes = (name: string) =>
    Math.round(Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]) / 1_024)
  return { anonymous: megabytes('RssAnon'), file: megabytes('RssFile') }
}

/** Twelve samples, evenly over the time. */
function evenly(samples: readonly Sample[]): readonly Sample[] {
  const step = Math.max(1, Math.floor(samples.length / 12))
  return samples
    .filter((_, i) => i % step === 0)
    .map((sample) => ({ ...sample, seconds: Math.round(sample.seconds) }))
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}
