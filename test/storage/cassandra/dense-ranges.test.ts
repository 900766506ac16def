import * as assert from 'uvu/assert'
import { ReadTimeoutError } from '../../../src/storage/cassandra/errors.ts'
import { LANDMARK_DELETES } from '../../../src/storage/cassandra/landmarks.ts'
import { Pace } from '../../../src/storage/cassandra/reads/pace.ts'
import { ReadTurns } from '../../../src/storage/cassandra/reads/read-turns.ts'
import { RingSpans } from '../../../src/storage/cassandra/reads/ring-spans.ts'
import { RowSizes } from '../../../src/storage/cassandra/row-sizes.ts'
import { rowOf } from '../../../src/storage/cassandra/rows.ts'
import { scanPage } from '../../../src/storage/cassandra/scan.ts'
import {
  type Direction,
  fillFromPartition,
  justAfter,
} from '../../../src/storage/cassandra/slice.ts'
import type { Row, ScanPosition } from '../../../src/storage/driver.ts'
import { Page } from '../../../src/storage/page.ts'
import { seeded } from '../../seeded.ts'
import { suite } from '../../support/suite.ts'
import { type Place, PlayedCassandra } from './played-cassandra.ts'

/** Pages over many deleted rows, on a simulated Cassandra. */

const test = suite('dense ranges')
const TABLE = Buffer.alloc(16, 7)
const PAGE_MS_MAX = 10_000
const PAGES_MAX = 1_000
const random = seeded('dense ranges')

/** The driver uses the simulated clock. */
let played: PlayedCassandra | undefined
const realNow = performance.now.bind(performance)
test.before(() => {
  performance.now = () => played?.now ?? realNow()
})
test.after(() => {
  performance.now = realNow
})

function places(count: number, partitionOf: (n: number) => string, isRow: (n: number) => boolean) {
  const deleted = () => (random.below(LANDMARK_DELETES) === 0 ? 'landmark' : 'deleted')
  return Array.from({ length: count }, (_, n): Place => {
    const sort = Buffer.from(`x${String(n).padStart(8, '0')}`)
    return { partition: Buffer.from(partitionOf(n)), sort, kind: isRow(n) ? 'row' : deleted() }
  })
}

interface Outcome {
  readonly found: string[]
  readonly pages: number
  readonly failedOfPage: number
}

/** Follows pages to the end. Each must arrive within the time limit of an operation. */
async function follow(
  session: PlayedCassandra,
  readPage: (deadline: number) => Promise<{ rows: readonly Row[]; more: boolean }>,
): Promise<Outcome> {
  played = session
  const found: string[] = []
  let failedOfPage = 0
  for (let pages = 1; pages < PAGES_MAX; pages += 1) {
    const [begun, failed] = [session.now, session.failed]
    const page = await readPage(begun + PAGE_MS_MAX)
    // A read that begins after half of the time may last until the deadline, and ends the page.
    assert.ok(session.now - begun <= PAGE_MS_MAX)
    failedOfPage = Math.max(failedOfPage, session.failed - failed)
    found.push(...page.rows.map(({ sort }) => sort.toString()))
    if (!page.more) return { found, pages, failedOfPage }
  }
  throw new Error('pages without end')
}

const BUDGET = { rows: 1_000, bytes: 1_000_000 }

function slicePages(session: PlayedCassandra, direction: Direction, rows = BUDGET.rows) {
  let range = {}
  const [sizes, turns] = [new RowSizes(), new ReadTurns()]
  return follow(session, async (deadline) => {
    const read = { level: 'strong', deadline } as const
    const context = { session, statements: session.statements, sizes, turns, table: TABLE, read }
    const page = new Page<Row>({ ...BUDGET, rows })
    const walk = { range, direction, page, pace: new Pace(deadline), convert: rowOf }
    const { more, reached } = await fillFromPartition(context, Buffer.from('p'), walk)
    const next = reached ?? page.rows.at(-1)?.sort ?? Buffer.alloc(0)
    range = direction === 'forward' ? { from: justAfter(next) } : { to: next }
    return { rows: page.rows, more }
  })
}

function scanPages(session: PlayedCassandra, spans = new RingSpans()) {
  const [sizes, turns] = [new RowSizes(), new ReadTurns()]
  let after: ScanPosition | undefined
  return follow(session, async (deadline) => {
    const read = { level: 'strong', deadline } as const
    const context = { session, statements: session.statements, sizes, turns, table: TABLE, read }
    const request = { segment: 0, totalSegments: 1, range: {}, budget: BUDGET }
    const page = await scanPage(context, spans, after ? { ...request, after } : request)
    after = page.reached ?? page.rows.at(-1)
    return page
  })
}

const sortsOf = (all: readonly Place[]) =>
  all.filter(({ kind }) => kind === 'row').map(({ sort }) => sort.toString())

/** More than Cassandra passes in one read, in a partition and by the index. */
const SLICE_PLACES = 110_000
const SCAN_PLACES = 36_000

/** Compares without a diff, which would take too long for lists of this length. */
function assertSame(found: readonly string[], expected: readonly string[]): void {
  assert.is(found.length, expected.length)
  assert.is(new Set(found).size, found.length)
  assert.ok(found.join() === expected.join())
}

const LAYOUTS: readonly (readonly [string, (n: number) => boolean])[] = [
  ['one row', (n) => n === 33_333],
  ['rows at both ends', (n) => n < 700 || n > 39_500],
  ['a row in two hundred', () => random.below(200) === 0],
  ['long stretches of both', (n) => n % 108_000 < 1_500],
]
for (const [layout, isRow] of LAYOUTS) {
  test(`a slice across ${layout} has at most one failed read per page`, async () => {
    const all = places(SLICE_PLACES, () => 'p', isRow)
    const session = new PlayedCassandra(TABLE, all, 0.002)
    for (const direction of ['forward', 'backward'] as const) {
      for (const rows of [3, 1_000]) {
        if (rows === 3 && sortsOf(all).length > 100) continue
        const { found, failedOfPage } = await slicePages(session, direction, rows)
        assertSame(found, direction === 'forward' ? sortsOf(all) : sortsOf(all).reverse())
        assert.ok(failedOfPage <= 1, `${failedOfPage} reads of a page failed`)
      }
    }
  })

  test(`a scan across ${layout} has at most one failed read per page`, async () => {
    for (const partitionOf of [(n: number) => `p${n}`, (n: number) => `p${n >> 9}`]) {
      const all = places(SCAN_PLACES, partitionOf, isRow)
      const session = new PlayedCassandra(TABLE, all, 0.002)
      const { found, failedOfPage } = await scanPages(session)
      assertSame(found.sort(), sortsOf(all))
      assert.ok(failedOfPage <= 1, `${failedOfPage} reads of a page failed`)
    }
  })
}

test('a page ends early among many deleted rows, and the next continues there', async () => {
  const all = places(
    60_000,
    () => 'p',
    (n) => n % 9_000 === 0,
  )
  for (const direction of ['forward', 'backward'] as const) {
    const session = new PlayedCassandra(TABLE, all, 0.8)
    const { found, pages } = await slicePages(session, direction)
    assertSame(found, direction === 'forward' ? sortsOf(all) : sortsOf(all).reverse())
    assert.ok(pages > 3, `${pages} pages`)
  }
})

test('a scan with slow reads narrows its token span and completes', async () => {
  for (const partitionOf of [(n: number) => `p${n}`, (n: number) => `p${n >> 3}`]) {
    const all = places(30_000, partitionOf, (n) => n % 9_000 === 0)
    const session = new PlayedCassandra(TABLE, all, 0.9)
    const { found, pages } = await scanPages(session)
    assertSame(found.sort(), sortsOf(all))
    assert.ok(pages > 3, `${pages} pages`)
  }
})

test('a scan passes deleted partitions without landmarks in parts of the ring', async () => {
  const all = places(
    12_000,
    (n) => `p${n}`,
    (n) => n % 4_000 === 0,
  ).filter(({ kind }) => kind !== 'landmark')
  const session = new PlayedCassandra(TABLE, all, 0.5)
  const { found } = await scanPages(session)
  assertSame(found.sort(), sortsOf(all))
})

test('scans return to their former speed after a time of failing reads', async () => {
  const spans = new RingSpans()
  for (let reads = 0; reads < 100; reads += 1) spans.failed(TABLE.toString('hex'))
  const all = places(
    100,
    (n) => `p${n}`,
    () => true,
  )
  const session = new PlayedCassandra(TABLE, all, 0.01)
  const { found, pages } = await scanPages(session, spans)
  assertSame(found.sort(), sortsOf(all))
  assert.is(pages, 1)
  assert.ok(session.reads < 60, `${session.reads} reads`)
})

/** Milliseconds per deleted row on a busy machine, or if a replica missed half of the deletes. */
const SLOW_PLACE_MS = [1.1, 4, 10]

for (const placeMs of SLOW_PLACE_MS) {
  test(`at ${placeMs} ms per deleted row a scan has at most one failed read per page`, async () => {
    const all = places(
      10_000,
      (n) => `p${n}`,
      (n) => n % 250 === 0,
    )
    const { found, failedOfPage } = await scanPages(new PlayedCassandra(TABLE, all, placeMs))
    assertSame(found.sort(), sortsOf(all))
    assert.ok(failedOfPage <= 1, `${failedOfPage} reads of a page failed`)
  })
}

test('at 1 ms per deleted row no read of a slice fails', async () => {
  const all = places(
    20_000,
    () => 'p',
    (n) => n % 500 === 0,
  )
  const { found, failedOfPage } = await slicePages(new PlayedCassandra(TABLE, all, 1.1), 'forward')
  assertSame(found, sortsOf(all))
  assert.is(failedOfPage, 0)
})

test('a slice whose read times out ends the page at its position', async () => {
  const all = places(
    20_000,
    () => 'p',
    (n) => n % 500 === 0,
  )
  for (const direction of ['forward', 'backward'] as const) {
    const session = new PlayedCassandra(TABLE, all, 0.01)
    const { read } = session
    session.read = async (...call) => {
      if (session.reads !== 2) return read.apply(session, call)
      session.reads += 1
      session.now += 5_000
      throw new ReadTimeoutError('it stands still')
    }
    const { found, pages } = await slicePages(session, direction)
    assertSame(found, direction === 'forward' ? sortsOf(all) : sortsOf(all).reverse())
    assert.is(pages, 2)
  }
})

test.run()
