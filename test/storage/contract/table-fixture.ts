import { randomBytes } from 'node:crypto'
import * as assert from 'uvu/assert'
import type {
  Commit,
  CommitResult,
  PageBudget,
  PutRow,
  ReadOptions,
  Requirement,
  Row,
  ScannedRow,
  ScanRequest,
  SortRange,
  StorageDriver,
  TableId,
  Version,
} from '../../../src/storage/driver.ts'

const REPEATS_MAX = 20
export const EVERYTHING: PageBudget = { rows: 1_000_000, bytes: Number.MAX_SAFE_INTEGER }

export function strongRead(milliseconds = 30_000): ReadOptions {
  return { level: 'strong', deadline: performance.now() + milliseconds }
}

export function text(value: string): Buffer {
  return Buffer.from(value)
}

/** Big-endian, so that bytes have the order of the numbers. */
export function numbered(number: number): Buffer {
  const sort = Buffer.alloc(4)
  sort.writeUInt32BE(number)
  return sort
}

export function putRow(sort: Buffer, value: Buffer | string = 'v', size?: number): PutRow {
  const bytes = typeof value === 'string' ? text(value) : value
  return { sort, value: bytes, size: size ?? bytes.length, expiresAt: 0 }
}

/** Requires every written row to be unlocked, and nothing else by default. */
export function commitOf(parts: {
  readonly id?: Version
  readonly require?: readonly Requirement[]
  readonly put?: readonly PutRow[]
  readonly delete?: readonly Buffer[]
}): Commit {
  const put = parts.put ?? []
  const deleted = parts.delete ?? []
  const written = [...put.map(({ sort }) => sort), ...deleted]
  return {
    id: parts.id ?? randomBytes(16),
    require: parts.require ?? written.map((sort) => ({ sort })),
    put,
    delete: deleted,
  }
}

/** One logical table of a store, with short methods for tests. */
export class TableFixture {
  readonly driver: StorageDriver
  readonly table: TableId

  constructor(driver: StorageDriver, table: TableId) {
    this.driver = driver
    this.table = table
  }

  /** The same table through another driver. */
  by(driver: StorageDriver): TableFixture {
    return new TableFixture(driver, this.table)
  }

  commit(partition: Buffer, commit: Commit): Promise<CommitResult> {
    return this.driver.commit(this.table, partition, commit, performance.now() + 30_000)
  }

  /** Makes a commit that cannot be refused, and repeats it while its outcome is unknown. @returns
   * its version */
  async write(partition: Buffer, parts: Parameters<typeof commitOf>[0]): Promise<Version> {
    const commit = commitOf(parts)
    for (let attempt = 0; attempt < REPEATS_MAX; attempt += 1) {
      const result = await this.commit(partition, commit)
      if (result.outcome === 'applied') return commit.id
      assert.is(result.outcome, 'unknown')
    }
    throw new Error('the outcome of a commit stayed unknown')
  }

  put(partition: Buffer, sort: Buffer, value?: Buffer | string, size?: number): Promise<Version> {
    return this.write(partition, { put: [putRow(sort, value, size)] })
  }

  get(partition: Buffer, sort: Buffer): Promise<Row | null> {
    return this.driver.get(this.table, partition, sort, strongRead())
  }

  async value(partition: Buffer, sort: Buffer): Promise<string | null> {
    return (await this.get(partition, sort))?.value.toString() ?? null
  }

  slice(
    partition: Buffer,
    range: SortRange = {},
    direction: 'forward' | 'backward' = 'forward',
    budget: PageBudget = EVERYTHING,
  ) {
    return this.driver.slice(this.table, partition, range, direction, budget, strongRead())
  }

  async rows(partition: Buffer): Promise<readonly Row[]> {
    return (await this.slice(partition)).rows
  }

  scan(request: Partial<ScanRequest> = {}) {
    const everything = { segment: 0, totalSegments: 1, range: {}, budget: EVERYTHING }
    return this.driver.scan(this.table, { ...everything, ...request }, strongRead())
  }

  /** Every row of a segment, page by page. */
  async scanAll(request: Partial<ScanRequest> = {}): Promise<readonly ScannedRow[]> {
    const rows: ScannedRow[] = []
    let after = request.after
    for (;;) {
      const page = await this.scan({ ...request, ...(after === undefined ? {} : { after }) })
      rows.push(...page.rows)
      if (!page.more) return rows
      const last = page.reached ?? page.rows.at(-1)
      assert.ok(last !== undefined, 'a page without rows says that more follow')
      after = { partition: last?.partition ?? text(''), sort: last?.sort ?? text('') }
    }
  }
}

/** Writes rows into one partition, many per commit. */
export async function load(
  table: TableFixture,
  partition: Buffer,
  rows: readonly PutRow[],
  rowsPerCommit = 100,
): Promise<void> {
  for (let start = 0; start < rows.length; start += rowsPerCommit) {
    await table.write(partition, { put: rows.slice(start, start + rowsPerCommit) })
  }
}

/** Rows with these numbers as sorts. */
export function rowsOf(numbers: readonly number[]): PutRow[] {
  return numbers.map((n) => putRow(numbered(n)))
}

/** Writes rows with the numbers from 0 to `count` - 1. */
export function loadNumbered(table: TableFixture, partition: Buffer, count: number): Promise<void> {
  return load(table, partition, rowsOf([...Array(count).keys()]))
}

export function sortsOf(rows: readonly Row[]): string[] {
  return rows.map((row) => row.sort.toString('hex'))
}

export function valuesOf(rows: readonly Row[]): string[] {
  return rows.map((row) => row.value.toString())
}
