import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { CASSANDRA_GROUP } from '../src/config/groups/cassandra.ts'
import { readOptions } from '../src/config/read-options.ts'
import { Engine } from '../src/engine/engine.ts'
import { EXPIRY_TABLE_ID } from '../src/engine/format/system-tables.ts'
import { createTable } from '../src/operations/tables/create-table.ts'
import { openDriver, type StorageOptions } from '../src/storage/registry.ts'
import { UNSHARED } from '../test/engine/unshared.ts'
import type { ExpiryNews, ExpiryTask } from './expiry-process.ts'

/**
 * `npm run bench:expiry -- --items 100000 [--processes 4] [--cassandra HOST:PORT]`: how many items
 * with a time to live the processes write per second, and how many expired items they delete per
 * second by their shared jobs. Uses a new LMDB database, or the keyspace `bench_expiry`, which
 * stays. Prints one JSON line, in which `shares` are the numbers of items that each process
 * deleted.
 */
const { values } = parseArgs({
  options: {
    items: { type: 'string', default: '20000' },
    processes: { type: 'string', default: '1' },
    cassandra: { type: 'string' },
  },
})
const items = Number(values.items)
const count = Number(values.processes)
const PROCESS = fileURLToPath(new URL('./expiry-process.js', import.meta.url))
const POLL_MS = 20

const folder = mkdtempSync(join(tmpdir(), 'magnetodb-expiry-'))
const storage = storageOptions(values.cassandra)
const driver = await openDriver(storage)
const engine = new Engine({ driver })
// This process's first look creates the sweeping jobs. The sweep itself is left to the others.
await engine.jobs.close()
const table = `bench-${Date.now()}`
await createTable.run(
  engine,
  {
    table,
    attributeTypes: new Map([['h', 'S']]),
    key: { hash: 'h' },
    localSecondaryIndexes: [],
    settings: {},
  },
  { storage: driver, projectId: 'bench', deadline: performance.now() + 30_000, work: UNSHARED },
)
const task: ExpiryTask = { storage, table, items: Math.ceil(items / count) }
const processes = Array.from({ length: count }, (_, i) =>
  fork(PROCESS, [JSON.stringify({ ...task, first: i * task.items })]),
)
try {
  await Promise.all(processes.map((each) => once(each, 'message')))
  const writing = await timed(() => Promise.all(processes.map((each) => ask(each, 'write'))))
  const sweeping = await timed(async () => {
    for (const each of processes) each.send('sweep')
    while (await isJournalled()) await delay(POLL_MS)
  })
  const news = await Promise.all(processes.map((each) => ask(each, 'end')))
  const result = {
    engine: driver.name,
    items,
    processes: count,
    writtenPerSecond: Math.round(items / writing),
    sweptPerSecond: Math.round(items / sweeping),
    sweepCpuMicroseconds: Math.round(news.reduce((sum, each) => sum + each.cpu, 0) / items),
    shares: news.map(({ deleted }) => deleted),
    errors: news.reduce((sum, each) => sum + each.errors, 0),
  }
  process.stdout.write(`${JSON.stringify(result)}\n`)
} finally {
  for (const each of processes) each.kill()
  await engine.close()
  await driver.close()
  rmSync(folder, { recursive: true, force: true })
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1_000
}

async function ask(worker: ChildProcess, what: 'write' | 'end'): Promise<ExpiryNews> {
  worker.send(what)
  const [news] = await once(worker, 'message')
  return news as ExpiryNews
}

async function isJournalled(): Promise<boolean> {
  const budget = { rows: 1, bytes: 1 }
  const request = { segment: 0, totalSegments: 1, range: {}, budget }
  const read = { level: 'strong', deadline: performance.now() + 30_000 } as const
  return (await driver.scan(EXPIRY_TABLE_ID, request, read)).rows.length > 0
}

function storageOptions(cassandra: string | undefined): StorageOptions {
  if (cassandra === undefined) {
    return { name: 'lmdb', options: { path: join(folder, 'lmdb'), mapSizeBytes: 2 ** 30 } }
  }
  const [host = '', port = '9042'] = cassandra.split(':')
  return {
    name: 'cassandra',
    options: {
      ...readOptions({ group: CASSANDRA_GROUP }, []).options.group,
      ...{ contact_points: [host], port: Number(port), request_timeout: 10 },
      ...{ keyspace: 'bench_expiry', replication_factor: 1 },
    },
  }
}
