/** The driver for Apache Cassandra 5. All logical tables share one physical table: see
 * docs/adr/0004-cassandra-layout.md. */
import { strict as assert } from 'node:assert'
import { types } from 'cassandra-driver'
import { assertAppend, assertCommit, checkDeadline } from '../commit-rules.ts'
import {
  type Commit,
  type CommitResult,
  GET_MANY_ROWS_MAX,
  type JournalRow,
  type PageBudget,
  type ReadOptions,
  type Row,
  type ScanPage,
  type ScanRequest,
  type Slice,
  type SortPage,
  type SortRange,
  type StorageDriver,
  StorageUnavailableError,
  type TableId,
} from '../driver.ts'
import { Page } from '../page.ts'
import { Appends, sendRows } from './append.ts'
import { shutDown } from './dropped-hosts.ts'
import { unavailable } from './errors.ts'
import { boundedRead, type ReadContext } from './fetch.ts'
import { Lanes } from './lanes.ts'
import type { CassandraOptions } from './options.ts'
import { PurgeBudget } from './purge/budget.ts'
import { purgeFrom } from './purge/purge.ts'
import { Pace } from './reads/pace.ts'
import { ReadTurns } from './reads/read-turns.ts'
import { RingSpans } from './reads/ring-spans.ts'
import { RowSizes } from './row-sizes.ts'
import { rowOf } from './rows.ts'
import { scanPage } from './scan.ts'
import { ensureSchema, isSchemaMade } from './schema.ts'
import { commitAll } from './send-commits.ts'
import { Session } from './session.ts'
import { type Direction, fillFromPartition } from './slice.ts'
import { readSorts } from './sorts.ts'
import { type Statements, statementsOf } from './statements.ts'
import { warmUp } from './warm-up.ts'

export class CassandraDriver implements StorageDriver {
  readonly name = 'cassandra'
  readonly #options: CassandraOptions
  readonly #statements: Statements
  readonly #lanes = new Lanes()
  readonly #appends = new Appends()
  readonly #sizes = new RowSizes()
  readonly #turns = new ReadTurns()
  readonly #purgeBudget = new PurgeBudget()
  readonly #spans = new RingSpans()
  #session: Session | undefined

  constructor(options: CassandraOptions) {
    this.#options = options
    this.#statements = statementsOf(options.keyspace)
  }

  async isMade(): Promise<boolean> {
    const session = await Session.connect(this.#options).catch((error) => {
      throw unavailable(error)
    })
    try {
      return await isSchemaMade(session.client, this.#options)
    } catch (error) {
      throw unavailable(error)
    } finally {
      await shutDown(session.client)
    }
  }

  async open(): Promise<void> {
    let session: Session | undefined
    try {
      session = await Session.connect(this.#options)
      await ensureSchema(session.client, this.#options)
      await warmUp(session, this.#statements)
    } catch (error) {
      await session?.client.shutdown()
      throw unavailable(error)
    }
    this.#session = session
  }

  async close(): Promise<void> {
    const session = this.#session
    this.#session = undefined
    if (session !== undefined) await shutDown(session.client)
  }

  async get(
    table: TableId,
    partition: Buffer,
    sort: Buffer,
    read: ReadOptions,
  ): Promise<Row | null> {
    const params = [new types.Uuid(table), partition, sort]
    const query = { query: this.#statements.get, params }
    const [row] = await this.#connected().read(query, 1, read)
    return rowOf(row)
  }

  async getMany(
    table: TableId,
    partition: Buffer,
    sorts: readonly Buffer[],
    read: ReadOptions,
  ): Promise<readonly (Row | null)[]> {
    assert(sorts.length <= GET_MANY_ROWS_MAX)
    const session = this.#connected()
    const tableId = new types.Uuid(table)
    const answers = await boundedRead(this.#sizes, table, (rowsMax) => {
      const requests: Promise<types.Row[]>[] = []
      for (let start = 0; start < sorts.length; start += rowsMax) {
        const some = sorts.slice(start, start + rowsMax)
        const query = { query: this.#statements.getMany, params: [tableId, partition, some] }
        requests.push(session.read(query, some.length, read))
      }
      return Promise.all(requests)
    })
    const rows = answers
      .flat()
      .map(rowOf)
      .filter((row) => row !== null)
    this.#sizes.note(table.toString('hex'), rows)
    const found = new Map(rows.map((row) => [row.sort.toString('latin1'), row]))
    return sorts.map((sort) => found.get(sort.toString('latin1')) ?? null)
  }

  async slice(
    table: TableId,
    partition: Buffer,
    range: SortRange,
    direction: Direction,
    budget: PageBudget,
    read: ReadOptions,
  ): Promise<Slice> {
    const page = new Page<Row>(budget)
    const walk = { range, direction, page, pace: new Pace(read.deadline), convert: rowOf }
    const end = await fillFromPartition(this.#context(table, read), partition, walk)
    return { rows: page.rows, ...end }
  }

  scan(table: TableId, request: ScanRequest, read: ReadOptions): Promise<ScanPage> {
    return scanPage(this.#context(table, read), this.#spans, request)
  }

  async commit(
    table: TableId,
    partition: Buffer,
    commit: Commit,
    deadline: number,
  ): Promise<CommitResult> {
    assertCommit(partition, commit)
    checkDeadline(deadline)
    const session = this.#connected()
    this.#sizes.note(table.toString('hex'), commit.put)
    const place = { table, partition }
    return this.#lanes.submit(nameOf(place), commit, deadline, (commits, latest) =>
      commitAll(session, this.#statements, place, commits, latest),
    )
  }

  async sorts(
    table: TableId,
    partition: Buffer,
    range: SortRange,
    rows: number,
    read: ReadOptions,
  ): Promise<SortPage> {
    return readSorts(this.#context(table, read), partition, range, rows)
  }

  async append(
    table: TableId,
    partition: Buffer,
    rows: readonly JournalRow[],
    deadline: number,
  ): Promise<void> {
    assertAppend(partition, rows)
    checkDeadline(deadline)
    const session = this.#connected()
    const place = { table, partition }
    await this.#appends.submit(nameOf(place), rows, deadline, (some, latest) =>
      sendRows(session, this.#statements, place, some, latest),
    )
  }

  async drop(table: TableId, partition: Buffer, through: bigint, deadline: number): Promise<void> {
    const params = [through, new types.Uuid(table), partition]
    await this.#connected().write([{ query: this.#statements.purge, params }], deadline)
  }

  async engineTime(deadline: number): Promise<number> {
    const query = { query: this.#statements.engineTime, params: [] }
    const [row] = await this.#connected().read(query, 1, { level: 'eventual', deadline })
    return Number(row?.now)
  }

  async purge(table: TableId, from: Buffer | null, deadline: number): Promise<Buffer | null> {
    const session = this.#connected()
    const [statements, budget] = [this.#statements, this.#purgeBudget]
    return purgeFrom({ session, statements, budget, table, deadline }, from)
  }

  #context(table: TableId, read: ReadOptions): ReadContext {
    const session = this.#connected()
    const [sizes, turns] = [this.#sizes, this.#turns]
    return { session, statements: this.#statements, sizes, turns, table, read }
  }

  #connected(): Session {
    if (this.#session === undefined) {
      throw new StorageUnavailableError('Cassandra: the driver is not open')
    }
    return this.#session
  }
}

function nameOf({ table, partition }: { readonly table: TableId; readonly partition: Buffer }) {
  return `${table.toString('latin1')}${partition.toString('latin1')}`
}
