import { randomBytes } from 'node:crypto'
import * as assert from 'uvu/assert'
import { CassandraDriver } from '../../src/storage/cassandra/driver.ts'
import { type Commit, type JournalRow, StorageUnavailableError } from '../../src/storage/driver.ts'
import { stopwatch } from '../scheduled-time.ts'
import { cassandraFromEnv } from '../stack/environment.ts'
import { suite } from '../support/suite.ts'
import { type FrameProxy, startFrameProxy } from './cassandra-frame-proxy.ts'
import { TestKeyspace, testOptions } from './cassandra-keyspace.ts'

const test = suite('cassandra faults')

const options = testOptions()
const table = randomBytes(16)
const journal = randomBytes(16)
const nothing = randomBytes(16)
const partition = Buffer.from('p')
let proxy: FrameProxy
let behindProxy: CassandraDriver
let direct: CassandraDriver
let keyspace: TestKeyspace

test.before(async () => {
  proxy = await startFrameProxy(cassandraFromEnv())
  direct = new CassandraDriver(options)
  await direct.open()
  keyspace = new TestKeyspace(options)
  behindProxy = await opened()
})

test.after(async () => {
  await behindProxy?.close()
  await proxy?.close()
  await direct?.close()
  await keyspace?.drop()
})

async function opened(): Promise<CassandraDriver> {
  const driver = new CassandraDriver({
    ...options,
    contact_points: ['127.0.0.1'],
    port: proxy.port,
  })
  await driver.open()
  return driver
}

const within = (milliseconds: number) => performance.now() + milliseconds
const strong = () => ({ level: 'strong', deadline: within(10_000) }) as const

function insert(sort: Buffer): Commit {
  const put = [{ sort, value: Buffer.from('v'), size: 1, expiresAt: 0 }]
  return { id: randomBytes(16), require: [{ sort, version: null }], put, delete: [] }
}

function journalRows(count: number): JournalRow[] {
  return Array.from({ length: count }, () => ({ sort: randomBytes(8), value: Buffer.from('v') }))
}

test('each driver call is one Cassandra request', async () => {
  const sort = randomBytes(8)
  const range = { from: sort, to: Buffer.concat([sort, sort]) }
  const budget = { rows: 10, bytes: 1000 }
  const whole = { segment: 0, totalSegments: 1, range: {}, budget }
  const calls: [string, object, () => Promise<unknown>][] = [
    [
      'commit',
      { batch: 1 },
      () => behindProxy.commit(table, partition, insert(sort), within(5000)),
    ],
    ['get', { execute: 1 }, () => behindProxy.get(table, partition, sort, strong())],
    ['getMany', { execute: 1 }, () => behindProxy.getMany(table, partition, [sort], strong())],
    [
      'slice',
      { execute: 1 },
      () => behindProxy.slice(table, partition, range, 'backward', budget, strong()),
    ],
    ['sorts', { execute: 1 }, () => behindProxy.sorts(table, partition, range, 10, strong())],
    [
      'append, 25 rows',
      { batch: 1 },
      () => behindProxy.append(journal, partition, journalRows(25), within(5000)),
    ],
    [
      'append, 26 rows',
      { batch: 2 },
      () => behindProxy.append(journal, partition, journalRows(26), within(5000)),
    ],
    ['engineTime', { execute: 1 }, () => behindProxy.engineTime(within(5000))],
    ['drop', { batch: 1 }, () => behindProxy.drop(journal, partition, 1n, within(5000))],
    ['purge of nothing', { execute: 1 }, () => behindProxy.purge(nothing, null, within(5000))],
    ['scan', { execute: 1 }, () => behindProxy.scan(table, whole, strong())],
    [
      'scan after a position: its partition, its token, the ring',
      { execute: 3 },
      () => behindProxy.scan(table, { ...whole, after: { partition, sort } }, strong()),
    ],
  ]
  // These statements are prepared at their first use, not at the start.
  await behindProxy.engineTime(within(5000))
  await behindProxy.drop(journal, partition, 1n, within(5000))
  await behindProxy.purge(nothing, null, within(5000))
  for (const [name, expected, call] of calls) {
    proxy.reset()
    await call()
    const none = { query: 0, execute: 0, batch: 0, prepare: 0, other: 0 }
    assert.equal({ ...proxy.counts(), options: 0 }, { ...none, options: 0, ...expected }, name)
  }
})

test('a commit that is applied but answered late is unknown, and a read shows it', async () => {
  const sort = randomBytes(8)
  const commit = insert(sort)
  proxy.holdReplies()
  const result = behindProxy.commit(table, partition, commit, within(500))
  await proxy.replyHeld()
  assert.is((await result).outcome, 'unknown')
  const row = await direct.get(table, partition, sort, { ...strong(), level: 'serial' })
  assert.ok(row?.version.equals(commit.id))
  proxy.releaseReplies()
})

test('an append that is written but answered late rejects, and is stored', async () => {
  proxy.holdReplies()
  const [row] = journalRows(1)
  assert.ok(row)
  const error = behindProxy.append(journal, partition, [row], within(500)).catch((e) => e)
  await proxy.replyHeld()
  assert.instance(await error, StorageUnavailableError)
  assert.ok(await direct.get(journal, partition, row.sort, strong()))
  proxy.releaseReplies()
})

test('a purge without answers returns its position, and another continues there', async () => {
  const purged = randomBytes(16)
  for (let n = 0; n < 20; n += 1) {
    const commit = insert(Buffer.from('s'))
    const { outcome } = await direct.commit(purged, Buffer.from(`p${n}`), commit, within(5000))
    assert.is(outcome, 'applied')
  }
  proxy.holdReplies()
  const position = await behindProxy.purge(purged, null, within(300))
  assert.ok(position)
  proxy.releaseReplies()
  assert.is(await direct.purge(purged, position, within(20_000)), null)
  const whole = { segment: 0, totalSegments: 1, range: {}, budget: { rows: 10, bytes: 1000 } }
  assert.equal((await direct.scan(purged, whole, strong())).rows, [])
})

test('a commit whose connection breaks is unknown, and sent once', async () => {
  const sort = randomBytes(8)
  proxy.reset()
  proxy.holdReplies()
  const commit = insert(sort)
  const result = behindProxy.commit(table, partition, commit, within(5000))
  await proxy.replyHeld()
  proxy.cut()
  proxy.releaseReplies()
  const { outcome, underWay } = (await result) as { outcome: string; underWay?: boolean }
  assert.equal([outcome, underWay], ['unknown', true], 'the node may begin it at any later time')
  assert.is(proxy.counts().batch, 1)
  const row = await direct.get(table, partition, sort, { ...strong(), level: 'serial' })
  assert.ok(row?.version.equals(commit.id))
  await behindProxy.close()
  behindProxy = await opened()
})

test('a commit queued behind one without answer is unavailable at its deadline', async () => {
  const [first, second] = [randomBytes(8), randomBytes(8)]
  proxy.reset()
  proxy.holdReplies()
  const sent = behindProxy.commit(table, partition, insert(first), within(2000))
  const waiting = behindProxy.commit(table, partition, insert(second), within(300)).catch(String)
  assert.match(String(await waiting), /StorageUnavailableError/)
  assert.is((await sent).outcome, 'unknown')
  assert.is(proxy.counts().batch, 1)
  proxy.releaseReplies()
  assert.is(await direct.get(table, partition, second, strong()), null)
})

test('a read without an answer fails at its deadline', async () => {
  proxy.holdReplies()
  const watch = stopwatch()
  const read = { level: 'strong', deadline: within(300) } as const
  const error = await behindProxy.get(table, partition, randomBytes(8), read).catch((e) => e)
  assert.instance(error, StorageUnavailableError)
  assert.ok(watch() < 8_000, 'before that of the client')
  proxy.releaseReplies()
})

test('opening without Cassandra fails and leaves nothing open', async () => {
  const nowhere = new CassandraDriver({ ...options, port: 9 })
  const error = await nowhere.open().catch((reason) => reason)
  assert.instance(error, StorageUnavailableError)
})

test.run()
