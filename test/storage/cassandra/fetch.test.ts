import type { types } from 'cassandra-driver'
import * as assert from 'uvu/assert'
import { DenseRangeError } from '../../../src/storage/cassandra/errors.ts'
import { fetchRows } from '../../../src/storage/cassandra/fetch.ts'
import { Pace } from '../../../src/storage/cassandra/reads/pace.ts'
import { ReadTurns } from '../../../src/storage/cassandra/reads/read-turns.ts'
import { RowSizes } from '../../../src/storage/cassandra/row-sizes.ts'
import { type Query, Session } from '../../../src/storage/cassandra/session.ts'
import { statementsOf } from '../../../src/storage/cassandra/statements.ts'
import type { Row } from '../../../src/storage/driver.ts'
import { Page } from '../../../src/storage/page.ts'
import { suite } from '../../support/suite.ts'
import { oneNode, unconnectedClient } from './one-node.ts'

const test = suite('cassandra fetch')

const options = oneNode({ request_timeout: 0.001 })
const TABLE = Buffer.alloc(16, 7)
const MEBIBYTE = 1024 * 1024
const PAGE = { rows: 10_000, bytes: MEBIBYTE }
/** Rows fetched while their sizes are unknown: 19 of the largest value fit into 48 MiB. */
const UNSEEN = 19

interface Alike {
  readonly rows: number
  readonly value: number
  readonly size?: number
  readonly most?: number
}

/** Never connects. Its reads return equal rows, and fail above a limit of bytes. */
class PlayedSession extends Session {
  readonly asked: [what: string, limit: number][] = []
  readonly #rows: Alike

  constructor(rows: Alike) {
    super(unconnectedClient(), options)
    this.#rows = rows
  }

  override async read({ query }: Query, limit: number): Promise<types.Row[]> {
    const { rows, value, size = value, most = Number.POSITIVE_INFINITY } = this.#rows
    const isSizes = query.startsWith('SELECT size ')
    this.asked.push([isSizes ? 'sizes' : 'rows', limit])
    const found = Math.min(limit, rows)
    if (!isSizes && found * value > most) throw new DenseRangeError('too large')
    return Array.from({ length: found }, () => rowOfSize(size))
  }
}

function rowOfSize(size: number): types.Row {
  return { size, get: () => size, keys: () => ['size'], values: () => [size], forEach() {} }
}

/** Notes what is known of each read before its turn. */
class NotedTurns extends ReadTurns {
  readonly foreseen: (readonly [limit: number, isExact: boolean])[] = []

  override run: ReadTurns['run'] = (foreseen, read) => {
    this.foreseen.push([foreseen.limit, foreseen.isExact])
    return super.run(foreseen, read)
  }
}

class Table {
  readonly sizes = new RowSizes()
  readonly turns = new NotedTurns()
  readonly #session: PlayedSession

  constructor(rows: Alike) {
    this.#session = new PlayedSession(rows)
  }

  get asked(): readonly (readonly [what: string, limit: number])[] {
    return this.#session.asked
  }

  async fetch(before: readonly Row[] = []): Promise<[rows: number, more: boolean]> {
    const page = new Page<Row>(PAGE)
    page.take(before)
    const statements = statementsOf('k')
    const read = { level: 'strong', deadline: 0 } as const
    const { sizes, turns } = this
    const context = { session: this.#session, statements, sizes, turns, table: TABLE, read }
    const pace = new Pace(read.deadline)
    for (;;) {
      const texts = statements.slice.forward
      const found = fetchRows(context, texts, [], {}, { page, pace })
      const { rows, more } = await found.catch((error) => {
        pace.narrow(error)
        return { rows: undefined, more: true }
      })
      if (rows) return [rows.length, more]
    }
  }
}

const SMALL = { rows: 1_000, value: 60 }
const HUGE = { rows: 1_000, value: 2_600_000, size: 325_000, most: 64 * MEBIBYTE }

function alike(rows: number, bytes: number): Row[] {
  const value = Buffer.alloc(bytes)
  const [sort, version] = [Buffer.from('s'), Buffer.alloc(16)]
  const row = { sort, value, size: bytes, version, lock: null, order: 0n, expiresAt: 0 }
  return Array.from({ length: rows }, () => row)
}

test('for an unknown table a first fetch asks for few rows', async () => {
  for (const kind of [SMALL, HUGE]) {
    const table = new Table(kind)
    assert.equal(await table.fetch(), [UNSEEN, true])
  }
})

test('for a table of small rows a first fetch asks for up to a hundred', async () => {
  const table = new Table(SMALL)
  for (const [more, expected] of [
    [10, UNSEEN],
    [40, 50],
    [9_000, 100],
  ] as const) {
    table.sizes.note(TABLE.toString('hex'), alike(more, 60))
    assert.equal(await table.fetch(), [expected, true])
  }
})

test('for a table of large rows a first fetch asks for no more than a page', async () => {
  const table = new Table({ rows: 1_000, value: 400_000 })
  table.sizes.note(TABLE.toString('hex'), alike(200, 400_000))
  assert.equal(await table.fetch(), [4, true])
})

test('after Cassandra refuses a read as too large, few rows are fetched', async () => {
  const table = new Table(HUGE)
  table.sizes.note(TABLE.toString('hex'), alike(100, 60))
  assert.equal(await table.fetch(), [UNSEEN, true])
  assert.equal(await table.fetch(), [UNSEEN, true])
  assert.equal(
    table.asked.map(([, limit]) => limit),
    [100, UNSEEN, UNSEEN],
  )
})

test('the rest of a page is fetched by sizes, read 16 times as far ahead', async () => {
  const huge = new Table(HUGE)
  assert.equal(await huge.fetch(alike(20, 60)), [4, true])
  assert.equal(huge.asked, [
    ['sizes', 320],
    ['rows', 4],
  ])
  const entries = new Table(SMALL)
  entries.sizes.note(TABLE.toString('hex'), alike(100, 400_000))
  await entries.fetch(alike(7, 60))
  assert.equal(entries.asked[0], ['sizes', 112], 'of entries that are smaller than their items')
  const small = new Table({ ...SMALL, rows: 70 })
  assert.equal(await small.fetch(alike(20, 60)), [70, false], 'one request shows that it ends')
  assert.equal(small.asked.at(-1), ['rows', 71])
  assert.equal(await new Table({ ...SMALL, rows: 0 }).fetch(alike(20, 60)), [0, false])
})

test('each read takes its turn; after the sizes its number of rows is known', async () => {
  const table = new Table({ rows: 2_000, value: 60 })
  await table.fetch()
  await table.fetch(alike(60, 60))
  assert.equal(table.turns.foreseen, [
    [UNSEEN, false],
    [960, false],
    [960, true],
  ])
})

test.run()
