import { randomBytes } from 'node:crypto'
import * as assert from 'uvu/assert'
import type {
  Commit,
  CommitResult,
  JournalRow,
  PageBudget,
  PutRow,
  ReadOptions,
  Requirement,
  Row,
  ScannedRow,
  ScanPosition,
  ScanRequest,
  SortRange,
  StorageDriver,
  TableId,
  Version,
} from '../../../src/storage/driver.ts'
import { partitionToken, tokenNumber } from '../../../src/storage/token.ts'

const REPEATS_MAX = 20
export const EVERYTHING: PageBudget = { rows: 1_000_000, bytes: Number.MAX_SAFE_INTEGER }

/** A deadline that only ends a hang. */
export function soon(): number {
  return performance.now() + 30_000
}

export function strongRead(): ReadOptions {
  return { level: 'strong', deadline: soon() }
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
  const { id = randomBytes(16), put = [], delete: deleted = [] } = parts
  const written = [...put.map(({ sort }) => sort), ...deleted]
  const { require = written.map((sort) => ({ sort })) } = parts
  return { id, require, put, delete: deleted }
}

export function nameOf({ partition, sort }: ScanPosition): string {
  return `${partition.toString('hex')} ${sort.toString('hex')}`
}

export function isIn({ from, to }: SortRange, sort: Buffer): boolean {
  return (!from || sort.compare(from) >= 0) && (!to || sort.compare(to) < 0)
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
    return this.driver.commit(this.table, partition, commit, soon())
  }

  async outcome(partition: Buffer, parts: Parameters<typeof commitOf>[0]): Promise<string> {
    return (await this.commit(partition, commitOf(parts))).outcome
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

  /** Writes rows, many per commit. */
  async load(partition: Buffer, rows: readonly PutRow[], rowsPerCommit = 100): Promise<void> {
    for (let start = 0; start < rows.length; start += rowsPerCommit) {
      await this.write(partition, { put: rows.slice(start, start + rowsPerCommit) })
    }
  }

  /** Writes rows with these numbers as sorts. */
  loadNumbers(partition: Buffer, numbers: readonly number[]): Promise<void> {
    return this.load(
      partition,
      numbers.map((n) => putRow(numbered(n))),
    )
  }

  append(partition: Buffer, ...rows: JournalRow[]): Promise<void> {
    return this.driver.append(this.table, partition, rows, soon())
  }

  drop(partition: Buffer, through: bigint): Promise<void> {
    return this.driver.drop(this.table, partition, through, soon())
  }

  get(partition: Buffer, sort: Buffer): Promise<Row | null> {
    return this.driver.get(this.table, partition, sort, strongRead())
  }

  async value(partition: Buffer, sort: Buffer): Promise<string | null> {
    return (await this.get(partition, sort))?.value.toString() ?? null
  }

  /** The order of a row; -1 if there is none. */
  async order(partition: Buffer, sort: Buffer): Promise<bigint> {
    return (await this.get(partition, sort))?.order ?? -1n
  }

  /** One page. */
  slice(
    partition: Buffer,
    range: SortRange = {},
    direction: 'forward' | 'backward' = 'forward',
    budget: PageBudget = EVERYTHING,
  ) {
    return this.driver.slice(this.table, partition, range, direction, budget, strongRead())
  }

  token(partition: Buffer): bigint {
    return tokenNumber(partitionToken(this.table, partition))
  }

  readonly scanOrder = (a: ScanPosition, b: ScanPosition): number =>
    Number(this.token(a.partition) - this.token(b.partition)) ||
    a.partition.compare(b.partition) ||
    a.sort.compare(b.sort)

  /** Every row of a partition. */
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
    for (let page = await this.scan(request); ; ) {
      rows.push(...page.rows)
      if (!page.more) return rows
      const after = page.reached ?? page.rows.at(-1)
      if (!after) throw new Error('a page without rows says that more follow')
      page = await this.scan({ ...request, after })
    }
  }
}

export function sortsOf(rows: readonly Row[]): string[] {
  return rows.map((row) => row.sort.toString('hex'))
}

export function valuesOf(rows: readonly Row[]): string[] {
  return rows.map((row) => row.value.toString())
}
