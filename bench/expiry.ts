import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { createEngine } from '../src/engine/engine.ts'
import { ExpireItems } from '../src/engine/jobs/expire-items-job.ts'
import { UNSHARED } from '../src/engine/operation-context.ts'
import type { AttributeValue } from '../src/model/attribute-value.ts'
import { putItem } from '../src/operations/items/put-item.ts'
import { createTable } from '../src/operations/tables/create-table.ts'
import { openDriver, type StorageOptions } from '../src/storage/registry.ts'

/**
 * `npm run bench:expiry -- --items 20000 [--cassandra HOST:PORT]`: how many expired items a sweep
 * deletes in a second, all of one minute: of an LMDB of its own, or of a keyspace `bench_expiry`,
 * which stays. Prints one JSON line.
 */
const { values } = parseArgs({
  options: { items: { type: 'string', default: '20000' }, cassandra: { type: 'string' } },
})
const items = Number(values.items)
const WRITERS = 64
const STEP_MS = 5_000
const MINUTE_MS = 60_000

const folder = mkdtempSync(join(tmpdir(), 'magnetodb-expiry-'))
const driver = await openDriver(storageOptions(values.cassandra))
let now = Math.floor(Date.now() / MINUTE_MS) * MINUTE_MS
const engine = createEngine({ driver, now: () => now })
// This is the only sweep.
await engine.jobs.close()
const table = `bench-${Date.now()}`
await createTable.run(
  engine,
  {
    table,
    attributeTypes: new Map([['h', 'S']]),
    key: { hash: 'h' },
    localSecondaryIndexes: [],
  },
  context(),
)
let next = 0
await Promise.all(Array.from({ length: WRITERS }, write))
const first = now / MINUTE_MS
now += 5 * MINUTE_MS
let failures = 0
const kind = new ExpireItems({ driver, ...engine, onBackgroundError: () => failures++ })
const startedAt = performance.now()
let state: Readonly<Record<string, unknown>> = { slot: first }
for (let pauseMs = 0; pauseMs === 0; ) {
  const result = await kind.step(state, performance.now() + STEP_MS)
  if (result === 'done') break
  ;({ state, pauseMs = 0 } = result)
}
const seconds = (performance.now() - startedAt) / 1_000
const itemsPerSecond = Math.round(items / seconds)
const result = { engine: driver.name, items, seconds, itemsPerSecond, failures }
process.stdout.write(`${JSON.stringify(result)}\n`)
await engine.close()
await driver.close()
rmSync(folder, { recursive: true, force: true })

function context() {
  const deadline = performance.now() + 30_000
  return { storage: driver, projectId: 'bench', deadline, work: UNSHARED }
}

async function write(): Promise<void> {
  while (next < items) {
    const text: AttributeValue = { type: 'S', value: `${next++}` }
    const item = new Map([['h', text]])
    const put = { table, item, returnValues: 'NONE', timeToLiveSeconds: 60 } as const
    await putItem.run(engine, put, context())
  }
}

function storageOptions(cassandra: string | undefined): StorageOptions {
  if (cassandra === undefined) {
    return { name: 'lmdb', options: { path: join(folder, 'lmdb'), mapSizeBytes: 2 ** 30 } }
  }
  const [host = '', port = '9042'] = cassandra.split(':')
  return {
    name: 'cassandra',
    options: {
      contactPoints: [host],
      port: Number(port),
      localDataCenter: 'datacenter1',
      keyspace: 'bench_expiry',
      replicationClass: 'SimpleStrategy',
      replicationFactor: '1',
      requestTimeoutMs: 10_000,
    },
  }
}
