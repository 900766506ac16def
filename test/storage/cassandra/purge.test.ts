import { errors, type types } from 'cassandra-driver'
import * as assert from 'uvu/assert'
import {
  DenseRangeError,
  readFailureOf,
  unavailable,
} from '../../../src/storage/cassandra/errors.ts'
import { PurgeBudget } from '../../../src/storage/cassandra/purge/budget.ts'
import { PurgeExtent, QUICK_MS, SLOW_MS } from '../../../src/storage/cassandra/purge/extent.ts'
import { purgeFrom } from '../../../src/storage/cassandra/purge/purge.ts'
import { type Query, type ReadAt, Session } from '../../../src/storage/cassandra/session.ts'
import { statementsOf } from '../../../src/storage/cassandra/statements.ts'
import { StorageUnavailableError } from '../../../src/storage/driver.ts'
import { partitionToken, tokenNumber } from '../../../src/storage/token.ts'
import { suite } from '../../support/suite.ts'
import { oneNode, unconnectedClient } from './one-node.ts'

const test = suite('cassandra purge')

const options = oneNode({ request_timeout: 0.001 })
const TABLE = Buffer.alloc(16, 7)
const statements = statementsOf('k')
const soon = () => performance.now() + 10_000

interface Partition {
  readonly partition: Buffer
  readonly token: bigint
  rows: number
}

function partitionOf(name: string, rows = 1): Partition {
  const partition = Buffer.from(name)
  return { partition, token: tokenNumber(partitionToken(TABLE, partition)), rows }
}

/** A row of cassandra-driver. */
function played(columns: object): types.Row {
  return { ...columns, get: () => null, keys: () => [], values: () => [], forEach() {} }
}

/** A ring whose reads fail if they would pass too many deleted partitions. */
class PlayedRing extends Session {
  readonly partitions: Partition[]
  readonly askedLevels: string[] = []
  readonly limits: number[] = []
  failed = 0
  deletes = 0
  deadMax = Number.POSITIVE_INFINITY
  /** The error of a read at this level, if it is to fail. */
  refuse: (level: string) => Error | undefined = () => undefined
  refuseDelete: () => Error | undefined = () => undefined

  constructor(partitions: readonly Partition[]) {
    super(unconnectedClient(), options)
    this.partitions = [...partitions].sort((a, b) => (a.token < b.token ? -1 : 1))
  }

  override async read({ params }: Query, limit: number, { level }: ReadAt): Promise<types.Row[]> {
    const [, first, last] = params as [unknown, bigint, bigint]
    this.askedLevels.push(level)
    this.limits.push(limit)
    const rows: types.Row[] = []
    let dead = 0
    for (const { partition, token, rows: count } of this.partitions) {
      if (token < first || token > last) continue
      dead += count === 0 ? 1 : 0
      if (dead > this.deadMax) {
        this.failed += 1
        throw new DenseRangeError('dense')
      }
      for (let row = 0; row < count && rows.length < limit; row += 1) {
        rows.push(played({ partition, place: token }))
      }
      if (rows.length >= limit) break
    }
    const error = this.refuse(level)
    if (error !== undefined) throw error
    return rows
  }

  override async write(queries: Query[]): Promise<void> {
    const error = this.refuseDelete()
    if (error !== undefined) throw error
    const [name] = queries.map(({ params }) => String(params[2]))
    const found = this.partitions.find(
      ({ partition, rows }) => rows > 0 && String(partition) === name,
    )
    if (found !== undefined) found.rows = 0
    this.deletes += 1
  }

  get left(): number {
    return this.partitions.filter(({ rows }) => rows > 0).length
  }
}

function purge(session: Session, from: Buffer | null, deadline = soon()): Promise<Buffer | null> {
  return purgeFrom({ session, statements, budget: new PurgeBudget(), table: TABLE, deadline }, from)
}

const many = (count: number, rows = 1) =>
  Array.from({ length: count }, (_, n) => partitionOf(`p${n}`, rows))

test('purge reads each wide partition once and deletes it once', async () => {
  const ring = new PlayedRing([...many(50, 3), partitionOf('wide', 20_000)])
  assert.is(await purge(ring, null), null)
  assert.equal([ring.left, ring.deletes], [0, 51])
  assert.ok(ring.limits.length <= 3, `${ring.limits.length} reads`)
})

test('purge crosses deleted partitions with spans that shrink and grow', async () => {
  const ring = new PlayedRing(many(4_000).map((one, n) => ({ ...one, rows: n % 50 ? 0 : 1 })))
  ring.deadMax = 200
  assert.is(await purge(ring, null), null)
  assert.is(ring.left, 0)
  assert.ok(ring.failed <= 40, `${ring.failed} failed reads`)
  assert.ok(ring.limits.length <= 100, `${ring.limits.length} reads`)
})

test('purge skips a token whose reads all fail and deletes all others', async () => {
  const ring = new PlayedRing(many(100))
  const [dense] = ring.partitions.slice(50)
  assert.ok(dense)
  ring.deadMax = 0
  dense.rows = 0
  const read = ring.read.bind(ring)
  // Deleted partitions leave no tombstones here, so that only one token is dense.
  ring.read = async (query, limit, at) => {
    const live = ring.partitions.filter(({ rows }) => rows > 0)
    ring.partitions.splice(0, ring.partitions.length, ...live, dense)
    ring.partitions.sort((a, b) => (a.token < b.token ? -1 : 1))
    return read(query, limit, at)
  }
  assert.is(await purge(ring, null), null)
  assert.equal([ring.left, ring.deletes], [0, 99])
})

test('purge asks one replica if a quorum fails or times out', async () => {
  for (const refusal of [
    new DenseRangeError('too many rows to complete'),
    readFailureOf(new errors.OperationTimedOutError('no answer')),
    unavailable(new Error('two of three nodes are away')),
  ]) {
    const ring = new PlayedRing(many(10))
    ring.refuse = (level) => (level === 'strong' ? refusal : undefined)
    assert.is(await purge(ring, null), null)
    assert.is(ring.left, 0)
    assert.equal(ring.askedLevels.slice(0, 2), ['strong', 'one'])
  }
})

test('after a timeout purge asks for less, and the position keeps that', async () => {
  const ring = new PlayedRing(many(10))
  const timeOut = readFailureOf(new errors.OperationTimedOutError('no answer'))
  let refusals = 5
  ring.refuse = () => (refusals-- > 0 ? timeOut : undefined)
  ring.refuseDelete = () => timeOut
  const position = await purge(ring, null)
  assert.ok(position)
  assert.equal(ring.limits.slice(0, 6), [1000, 250, 62, 16, 16, 16])
  const again = new PlayedRing(ring.partitions)
  assert.is(await purge(again, position), null)
  assert.ok(again.limits.length > 1, 'the span is not the whole ring again')
})

test('purge leaves partitions beyond its deadline to the next step', async () => {
  const ring = new PlayedRing(many(100))
  const deadline = performance.now() + 100
  ring.refuseDelete = () => {
    if (ring.deletes < 40) return undefined
    while (performance.now() < deadline) {}
    return new StorageUnavailableError('the deadline has passed')
  }
  const position = await purge(ring, null, deadline)
  assert.ok(position)
  assert.ok(ring.left > 0)
  const firstLeft = ring.partitions.find(({ rows }) => rows > 0)
  assert.is(tokenNumber(position), firstLeft?.token)
  ring.refuseDelete = () => undefined
  assert.is(await purge(ring, position), null)
  assert.is(ring.left, 0)
})

test('purge rejects if it cannot begin, but not after it has made progress', async () => {
  const ring = new PlayedRing(many(1500))
  const away = new StorageUnavailableError('no node')
  ring.refuse = () => away
  assert.is(await purge(ring, null).catch((error) => error), away)
  ring.refuse = () => (ring.deletes > 0 ? away : undefined)
  const position = await purge(ring, null)
  assert.ok(position)
  ring.refuse = () => undefined
  assert.is(await purge(ring, position), null)
  assert.is(ring.left, 0)
})

test('the purge extent doubles below 250 ms, halves above 1 s, and is bounded', () => {
  const extent = new PurgeExtent(10)
  const after = (change: () => void) => {
    change()
    return [extent.spanBits, extent.rows]
  }
  assert.equal(
    after(() => extent.follow(SLOW_MS + 1)),
    [9, 500],
  )
  assert.equal(
    after(() => extent.follow(SLOW_MS)),
    [9, 500],
  )
  assert.equal(
    after(() => extent.follow(QUICK_MS)),
    [9, 500],
  )
  assert.equal(
    after(() => extent.afterFailure()),
    [7, 125],
  )
  assert.equal(
    after(() => extent.follow(QUICK_MS - 1)),
    [8, 250],
  )
  for (let n = 0; n < 100; n += 1) extent.afterFailure()
  assert.equal([extent.spanBits, extent.rows], [0, 16])
  for (let n = 0; n < 100; n += 1) extent.follow(1)
  assert.equal([extent.spanBits, extent.rows], [64, 1000])
})

test.run()
