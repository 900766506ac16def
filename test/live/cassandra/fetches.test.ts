import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { Client, type QueryOptions } from 'cassandra-driver'
import * as assert from 'uvu/assert'
import { CassandraDriver } from '../../../src/storage/cassandra/driver.ts'
import { clientOptionsOf } from '../../../src/storage/cassandra/options.ts'
import { Pace } from '../../../src/storage/cassandra/reads/pace.ts'
import { ReadTurns } from '../../../src/storage/cassandra/reads/read-turns.ts'
import { RowSizes } from '../../../src/storage/cassandra/row-sizes.ts'
import { rowOf } from '../../../src/storage/cassandra/rows.ts'
import { Session } from '../../../src/storage/cassandra/session.ts'
import { fillFromPartition } from '../../../src/storage/cassandra/slice.ts'
import { statementsOf } from '../../../src/storage/cassandra/statements.ts'
import type { Row } from '../../../src/storage/driver.ts'
import { Page } from '../../../src/storage/page.ts'
import { cassandraFromEnv } from '../../stack/environment.ts'
import { suite } from '../../support/suite.ts'
import { type FrameProxy, startFrameProxy } from '../cassandra-frame-proxy.ts'
import { TestKeyspace, testOptions } from '../cassandra-keyspace.ts'

/** Measures with a proxy how many rows and bytes one response of Cassandra has. */

const test = suite('fetches from cassandra')
const options = testOptions()
const KIBIBYTE = 1024
/** Values that are twice as long as the size that counts for pages, as an item's may be. */
const LARGE_BYTES = 200 * KIBIBYTE
const LARGE_SIZE = LARGE_BYTES / 2
const LARGE_ROWS = 45
const SMALL_BYTES = 60
/** Bytes of as many large rows as a process requests that knows nothing of the table. */
const UNSEEN_BYTES_MAX = 20 * LARGE_BYTES
const PAGE = { rows: 10_000, bytes: 300 * KIBIBYTE }
let proxy: FrameProxy
let direct: CassandraDriver
let keyspace: TestKeyspace

test.before(async () => {
  direct = new CassandraDriver(options)
  await direct.open()
  keyspace = new TestKeyspace(options)
  proxy = await startFrameProxy(cassandraFromEnv())
})

test.after(async () => {
  await proxy?.close()
  await direct?.close()
  await keyspace?.drop()
})

const within = (milliseconds: number) => performance.now() + milliseconds
const strong = () => ({ level: 'strong', deadline: within(30_000) }) as const

/** Runs work in a process that has read nothing yet. The proxy counts its reads. */
async function readingAfresh(work: (driver: CassandraDriver) => Promise<void>): Promise<void> {
  const behindProxy = new CassandraDriver({
    ...{ ...options, contact_points: ['127.0.0.1'], port: proxy.port },
  })
  await behindProxy.open()
  try {
    await work(behindProxy)
  } finally {
    await behindProxy.close()
  }
}

const sortOf = (n: number) => Buffer.from(`row-${String(n).padStart(6, '0')}`)

/** Puts rows numbered from `first` on. */
async function put(
  table: Buffer,
  partition: Buffer,
  { first = 0, rows, bytes }: { first?: number; rows: number; bytes: number },
): Promise<void> {
  const together = bytes > 10_000 ? 1 : 250
  for (let n = first; n < first + rows; n += together) {
    const some = Array.from({ length: Math.min(together, first + rows - n) }, (_, i) => ({
      ...{
        sort: sortOf(n + i),
        value: Buffer.alloc(bytes, 1),
        size: Math.min(bytes, LARGE_SIZE),
        expiresAt: 0,
      },
    }))
    const require = some.map(({ sort }) => ({ sort }))
    const commit = { id: randomBytes(16), require, put: some, delete: [] }
    const result = await direct.commit(table, partition, commit, within(10_000))
    assert.is(result.outcome, 'applied')
  }
}

function numbersOf(rows: readonly Row[]): number[] {
  return rows.map(({ sort }) => Number(sort.toString().slice('row-'.length)))
}

const count = (rows: number, first = 0) => Array.from({ length: rows }, (_, i) => first + i)

function requests(): number {
  const { query, execute, prepare } = proxy.counts()
  return query + execute + prepare
}

const LARGE = Buffer.from('large')
const SMALL = Buffer.from('small')
const MIXED = Buffer.from('mixed')
const FEW = Buffer.from('few')
const SMALL_ROWS = 3_000

let filled: Promise<Buffer> | undefined

/** A table with four partitions: of large rows, of small rows, of small rows followed by large
 * ones, and of a hundred small rows. */
function filledTable(): Promise<Buffer> {
  filled ??= (async () => {
    const table = randomBytes(16)
    await put(table, LARGE, { rows: LARGE_ROWS, bytes: LARGE_BYTES })
    await put(table, SMALL, { rows: SMALL_ROWS, bytes: SMALL_BYTES })
    await put(table, MIXED, { rows: 1_000, bytes: SMALL_BYTES })
    await put(table, MIXED, { first: 1_000, rows: 30, bytes: LARGE_BYTES })
    await put(table, FEW, { rows: 100, bytes: SMALL_BYTES })
    return table
  })()
  return filled
}

test('unknown large rows are fetched a few megabytes at a time', async () => {
  const table = await filledTable()
  await readingAfresh(async (driver) => {
    proxy.reset()
    const page = await driver.slice(table, LARGE, {}, 'forward', PAGE, strong())
    assert.equal(numbersOf(page.rows), [0, 1, 2])
    assert.ok(page.more)
    assert.ok(proxy.longestReply() < UNSEEN_BYTES_MAX, `${proxy.longestReply()} bytes`)
    assert.is(requests(), 1)
  })
  await readingAfresh(async (driver) => {
    proxy.reset()
    const request = { segment: 0, totalSegments: 1, range: {}, budget: PAGE }
    const page = await driver.scan(table, request, strong())
    assert.ok(page.more)
    assert.ok(proxy.longestReply() < UNSEEN_BYTES_MAX, `${proxy.longestReply()} bytes`)
  })
  await readingAfresh(async (driver) => {
    proxy.reset()
    const sorts = count(LARGE_ROWS).map(sortOf)
    const rows = await driver.getMany(table, LARGE, sorts, strong())
    assert.is(rows.filter((row) => row?.value.length === LARGE_BYTES).length, LARGE_ROWS)
    assert.ok(proxy.longestReply() < UNSEEN_BYTES_MAX, `${proxy.longestReply()} bytes`)
    assert.is(requests(), 3)
  })
})

test('large rows after many small ones are fetched in parts too', async () => {
  const table = await filledTable()
  await readingAfresh(async (driver) => {
    await driver.slice(table, SMALL, {}, 'forward', PAGE, strong())
    proxy.reset()
    const mixed = await driver.slice(table, MIXED, {}, 'forward', PAGE, strong())
    assert.equal(numbersOf(mixed.rows), count(1_003))
    assert.ok(proxy.longestReply() < UNSEEN_BYTES_MAX, `${proxy.longestReply()} bytes`)
  })
})

test('a page of small rows takes few requests, of a hundred rows one', async () => {
  const table = await filledTable()
  await readingAfresh(async (driver) => {
    const cases = [
      ['forward', count(SMALL_ROWS)],
      ['backward', count(SMALL_ROWS).reverse()],
    ] as const
    for (const [direction, expected] of cases) {
      proxy.reset()
      const page = await driver.slice(table, SMALL, {}, direction, PAGE, strong())
      assert.equal(numbersOf(page.rows), expected)
      assert.not(page.more)
      assert.ok(requests() <= 5, `${requests()} requests`)
    }
    proxy.reset()
    const few = await driver.slice(table, FEW, {}, 'forward', { ...PAGE, rows: 100 }, strong())
    assert.equal(numbersOf(few.rows), count(100))
    assert.is(requests(), 1)
  })
})

test('a scan with any page size returns every row once', async () => {
  const table = randomBytes(16)
  const partitions = count(20).map((n) => Buffer.from(`p${n}`))
  await Promise.all(partitions.map((p) => put(table, p, { rows: 60, bytes: SMALL_BYTES })))
  await readingAfresh(async (driver) => {
    for (const budget of [PAGE, { ...PAGE, rows: 130 }, { ...PAGE, bytes: 20_000 }]) {
      const seen: string[] = []
      for (let after: { partition: Buffer; sort: Buffer } | undefined; ; ) {
        const position = after && { after }
        const request = { segment: 0, totalSegments: 1, range: {}, budget, ...position }
        const page = await driver.scan(table, request, strong())
        seen.push(...page.rows.map(({ partition, sort }) => `${partition} ${sort}`))
        after = page.rows.at(-1)
        if (!page.more) break
      }
      assert.is(seen.length, 1_200)
      assert.is(new Set(seen).size, 1_200)
    }
  })
})

/** Runs work with a session whose requests are changed before they are sent. */
async function withSession(
  change: (asked: QueryOptions) => QueryOptions | Promise<QueryOptions>,
  work: (session: Session) => Promise<void>,
): Promise<void> {
  const client = new Client(await clientOptionsOf(options))
  const execute = client.execute.bind(client)
  const changed = async (query: string, params: unknown[], asked: QueryOptions) =>
    execute(query, params, await change(asked))
  client.execute = changed as typeof client.execute
  try {
    await work(new Session(client, options))
  } finally {
    await client.shutdown()
  }
}

test('a page continues where Cassandra truncates an answer', async () => {
  const table = await filledTable()
  await withSession(
    (asked) => ({ ...asked, fetchSize: 3 }),
    async (session) => {
      const statements = statementsOf(options.keyspace)
      const [sizes, turns] = [new RowSizes(), new ReadTurns()]
      const context = { session, statements, sizes, turns, table, read: strong() }
      const page = new Page<Row>({ ...PAGE, rows: 50 })
      const pace = new Pace(within(30_000))
      const walk = { range: {}, direction: 'forward', page, pace, convert: rowOf } as const
      assert.equal(await fillFromPartition(context, FEW, walk), { more: true })
      assert.equal(numbersOf(page.rows), count(50))
    },
  )
})

test('each attempt of a read has the time left until its deadline', async () => {
  const times: number[] = []
  const tryTwice = async (asked: QueryOptions) => {
    times.push(asked.readTimeout ?? 0)
    await delay(300)
    times.push(asked.readTimeout ?? 0)
    return asked
  }
  await withSession(tryTwice, async (session) => {
    const query = { query: `SELECT size FROM ${options.keyspace}.items LIMIT 1`, params: [] }
    await session.read(query, 1, { level: 'eventual', deadline: within(5_000) })
  })
  const [first = 0, second = 0] = times
  assert.ok(first <= 5_000 && second <= first - 250, `${times} ms`)
})

test.run()
