import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import { CassandraDriver } from '../../../src/storage/cassandra/driver.ts'
import type { Commit, ScannedRow, ScanPosition } from '../../../src/storage/driver.ts'
import { partitionToken } from '../../../src/storage/token.ts'
import { collidingPartitions } from '../../storage/colliding-partitions.ts'
import { suite } from '../../support/suite.ts'
import { TestKeyspace, testOptions } from '../cassandra-keyspace.ts'

const test = suite('cassandra layout')

const options = testOptions()
const driver = new CassandraDriver(options)
let keyspace: TestKeyspace

test.before(async () => {
  await driver.open()
  keyspace = new TestKeyspace(options)
})

test.after(async () => {
  await driver.close()
  await keyspace?.drop()
})

const strong = () => ({ level: 'strong', deadline: performance.now() + 30_000 }) as const

async function put(table: Buffer, partition: Buffer, sort: Buffer): Promise<void> {
  const row = { sort, value: Buffer.from('v'), size: 1, expiresAt: 0 }
  const commit = { id: randomBytes(16), require: [{ sort }], put: [row], delete: [] }
  const result = await driver.commit(table, partition, commit, performance.now() + 10_000)
  assert.is(result.outcome, 'applied')
}

async function scanned(table: Buffer, rows: number): Promise<ScannedRow[]> {
  const all: ScannedRow[] = []
  let after: ScanPosition | undefined
  for (;;) {
    const budget = { rows, bytes: 1_000_000 }
    const request = { segment: 0, totalSegments: 1, range: {}, budget, ...(after && { after }) }
    const page = await driver.scan(table, request, strong())
    all.push(...page.rows)
    after = page.rows.at(-1)
    if (!page.more || after === undefined) {
      return all
    }
  }
}

test('partitions that share a token are all returned, for any page size', async () => {
  const table = randomBytes(16)
  const partitions = collidingPartitions(4)
  const tokens = new Set(partitions.map((p) => partitionToken(table, p).toString('hex')))
  assert.is(tokens.size, 1)
  partitions.sort(Buffer.compare)
  for (const partition of partitions) {
    for (const sort of ['a', 'b', 'c']) {
      await put(table, partition, Buffer.from(sort))
    }
  }
  const expected = partitions.flatMap((partition) =>
    ['a', 'b', 'c'].map((sort) => `${partition.toString('hex')} ${sort}`),
  )
  for (const rows of [1, 2, 3, 4, 5, 100]) {
    const seen = await scanned(table, rows)
    const names = seen.map(({ partition, sort }) => `${partition.toString('hex')} ${sort}`)
    assert.equal(names, expected, `${rows} rows a page`)
  }
})

test('more partitions at one token than one answer holds are all returned', async () => {
  const table = randomBytes(16)
  const partitions = collidingPartitions(1_100)
  const rows = [{ sort: Buffer.from('s'), value: Buffer.from('v') }]
  const deadline = performance.now() + 60_000
  await Promise.all(partitions.map((p) => driver.append(table, p, rows, deadline)))
  const seen = (await scanned(table, 300)).map(({ partition }) => partition.toString('hex'))
  assert.is(seen.length, 1_100)
  assert.is(new Set(seen).size, 1_100)
  for (let position: Buffer | null = null, call = 0; call < 100; call += 1) {
    position = await driver.purge(table, position, performance.now() + 30_000)
    if (position === null) break
  }
  assert.equal(await scanned(table, 300), [])
})

test('rows appended with a slow clock survive an earlier drop', async () => {
  const [journal, partition, sort] = [randomBytes(16), Buffer.from('p'), Buffer.from('s')]
  const rows = [{ sort, value: Buffer.from('v') }]
  await driver.append(journal, partition, rows, strong().deadline)
  const row = await driver.get(journal, partition, sort, strong())
  await driver.drop(journal, partition, row?.order ?? 0n, strong().deadline)
  assert.is(await driver.get(journal, partition, sort, strong()), null)
  const slow = new CassandraDriver(options)
  const now = Date.now
  Date.now = () => now() - 600_000
  try {
    await slow.open()
    await slow.append(journal, partition, rows, strong().deadline)
  } finally {
    Date.now = now
  }
  await slow.close()
  assert.ok(await driver.get(journal, partition, sort, strong()))
})

test('a released, empty lock counts as no lock', async () => {
  const table = randomBytes(16)
  const [partition, there, absent] = ['p', 'there', 'absent'].map((name) => Buffer.from(name))
  assert.ok(partition && there && absent)
  await put(table, partition, there)
  const empty = Buffer.alloc(0)
  await keyspace.setLock(table, partition, there, empty)
  await keyspace.setLock(table, partition, absent, empty)
  const row = await driver.get(table, partition, there, strong())
  assert.is(row?.lock, null)
  assert.is(await driver.get(table, partition, absent, strong()), null)
  const columns = { value: Buffer.from('w'), size: 1, expiresAt: 0 }
  const commit = async (require: Commit['require'], sorts: readonly Buffer[]) => {
    const rows = sorts.map((sort) => ({ sort, ...columns }))
    const made = { id: randomBytes(16), require, put: rows, delete: [] }
    return driver.commit(table, partition, made, performance.now() + 10_000)
  }
  const wrong = [{ sort: there, version: randomBytes(16) }, { sort: absent }]
  const version = row?.version ?? null
  const refused = await commit(wrong, [there, absent])
  assert.equal(refused, {
    outcome: 'refused',
    current: [
      { sort: there, version, lock: null },
      { sort: absent, version: null, lock: null },
    ],
  })
  const exact = [
    { sort: there, version },
    { sort: absent, version: null },
  ]
  assert.is((await commit(exact, [there, absent])).outcome, 'applied')
  await keyspace.setLock(table, partition, there, empty)
  assert.is((await commit([{ sort: there }], [there])).outcome, 'applied')
})

test('more copies than nodes end the start at once and create nothing', async () => {
  const simple = { replication_class: 'SimpleStrategy' } as const
  const network = { replication_class: 'NetworkTopologyStrategy' } as const
  for (const [replication, factor, place] of [
    [{ ...simple, replication_factor: 3 }, '3', 'the cluster'],
    [{ ...network, replication_factor: 2 }, '2', 'the data center datacenter1'],
    [
      { ...network, replication_factor: { datacenter1: 1, dc2: 1 } },
      'datacenter1:1,dc2:1',
      'the data center dc2',
    ],
  ] as const) {
    const refused = testOptions(replication)
    const refusal = await new CassandraDriver(refused).open().then(
      () => undefined,
      (error: Error) => error.message,
    )
    const option = `[cassandra] replication_factor = ${factor}`
    assert.match(refusal ?? 'it opened', `${option} is more than ${place} has nodes`)
    const query = 'SELECT keyspace_name FROM system_schema.keyspaces WHERE keyspace_name = ?'
    const { rowLength } = await keyspace.client.execute(query, [refused.keyspace])
    assert.is(rowLength, 0)
  }
  const fitting = testOptions({ ...network, replication_factor: { datacenter1: 1 } })
  const opened = new CassandraDriver(fitting)
  await opened.open()
  await opened.close()
  await new TestKeyspace(fitting).drop()
})

test('concurrent starts on an empty cluster create one schema', async () => {
  const fresh = testOptions()
  const program = fileURLToPath(new URL('../cassandra-open.js', import.meta.url))
  const processes = Array.from({ length: 4 }, () =>
    spawn(process.execPath, [program, JSON.stringify(fresh)], { stdio: 'inherit' }),
  )
  const codes = await Promise.all(processes.map(async (child) => (await once(child, 'exit'))[0]))
  assert.equal(codes, [0, 0, 0, 0])
  const made = new TestKeyspace(fresh)
  const tables = await made.client.execute(
    'SELECT table_name FROM system_schema.tables WHERE keyspace_name = ?',
    [fresh.keyspace],
    { prepare: true },
  )
  assert.equal(
    tables.rows.map((row) => row.get('table_name')),
    ['items'],
  )
  await made.drop()
})

test('a check for missing storage reports it and creates nothing', async () => {
  const other = testOptions()
  for (let i = 0; i < 2; i += 1) assert.is(await new CassandraDriver(other).isMade(), false)
  assert.is(await new CassandraDriver(options).isMade(), true)
})

test.run()
