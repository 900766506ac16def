import { requirementHolds } from '../commit-rules.ts'
import {
  APPENDED_VERSION,
  type Commit,
  type CommitResult,
  type CurrentRow,
  type Fence,
  type JournalRow,
  type PutRow,
  type Reserve,
  type TableId,
  type Version,
} from '../driver.ts'
import { type Environment, readBytes } from './environment.ts'
import type { Plan, PlannedWrite, WriteTransaction } from './group-commit.ts'
import { firstBehind, type KeyCache, partitionPrefix } from './key.ts'
import {
  assertPartition,
  encodeRow,
  HEAD_BYTES_MAX,
  isRow,
  lockIn,
  orderIn,
  VERSION_BYTES_END,
  versionIn,
} from './value.ts'

const DROP_ROWS_MAX = 1000

export class CommitWrite implements PlannedWrite<CommitResult> {
  readonly deadline: number
  readonly rows: number
  readonly bytes: number
  readonly reserve: Reserve | undefined
  readonly #environment: Environment
  readonly #partition: Buffer
  readonly #prefix: Buffer
  /** For fences. */
  readonly #keys: KeyCache
  readonly #commit: Commit
  #keyed: { readonly sort: Buffer; readonly key: Buffer } | undefined

  constructor(
    environment: Environment,
    row: { readonly table: TableId; readonly partition: Buffer; readonly keys: KeyCache },
    commit: Commit,
    deadline: number,
  ) {
    this.deadline = deadline
    this.rows = commit.put.length + commit.delete.length
    this.bytes = commit.put.reduce((sum, put) => sum + bytesOf(row.partition, put), 0)
    this.reserve = commit.reserve
    this.#environment = environment
    this.#partition = row.partition
    this.#prefix = partitionPrefix(row.table, row.partition)
    this.#keys = row.keys
    this.#commit = commit
  }

  plan(transaction: WriteTransaction): Plan<CommitResult> {
    const { fence, require } = this.#commit
    if (fence !== undefined && !this.#stands(fence)) {
      return { result: { outcome: 'fenced' } }
    }
    const current = require.map(({ sort }) => this.#current(sort))
    const holds = require.every((requirement, index) => {
      const found = current[index]
      return found !== undefined && requirementHolds(requirement, found)
    })
    if (!holds) {
      return { result: { outcome: 'refused', current } }
    }
    return { result: { outcome: 'applied' }, write: () => this.#write(transaction.nextOrder()) }
  }

  #stands(fence: Fence): boolean {
    const key = this.#keys.rowKey(fence.table, fence.partition, fence.sort)
    const version = storedVersion(this.#environment, key)
    return version?.equals(fence.version) ?? false
  }

  #current(sort: Buffer): CurrentRow {
    const bytes = readBytes(this.#environment, this.#keyOf(sort), HEAD_BYTES_MAX)
    if (bytes === undefined) {
      return { sort, version: null, lock: null }
    }
    assertPartition(bytes, this.#partition)
    return { sort, version: isRow(bytes) ? versionIn(bytes) : null, lock: lockIn(bytes) }
  }

  #write(order: bigint): void {
    const commit = this.#commit
    const free = { partition: this.#partition, version: commit.id, order, lock: null }
    for (const row of commit.put) {
      const required = commit.require.some(({ sort }) => sort.equals(row.sort))
      const head = required ? free : { ...free, lock: this.#current(row.sort).lock }
      this.#environment.putSync(this.#keyOf(row.sort), encodeRow(head, row))
    }
    for (const sort of commit.delete) this.#environment.removeSync(this.#keyOf(sort))
  }

  /** Keeps the last key, since a commit of one row needs it twice. */
  #keyOf(sort: Buffer): Buffer {
    if (this.#keyed?.sort !== sort) {
      this.#keyed = { sort, key: Buffer.concat([this.#prefix, sort]) }
    }
    return this.#keyed.key
  }
}

interface Append {
  readonly rows: readonly JournalRow[]
  readonly deadline: number
  readonly reserve?: Reserve | undefined
}

/** Puts a journal's rows, replacing existing ones. */
export class AppendWrite implements PlannedWrite<void> {
  readonly deadline: number
  readonly rows: number
  readonly bytes: number
  readonly reserve: Reserve | undefined
  readonly #environment: Environment
  readonly #partition: Buffer
  readonly #prefix: Buffer
  readonly #rows: readonly JournalRow[]

  constructor(
    environment: Environment,
    { table, partition }: { readonly table: TableId; readonly partition: Buffer },
    { rows, deadline, reserve }: Append,
  ) {
    this.deadline = deadline
    this.reserve = reserve
    this.rows = rows.length
    this.bytes = rows.reduce((sum, row) => sum + bytesOf(partition, row), 0)
    this.#environment = environment
    this.#partition = partition
    this.#prefix = partitionPrefix(table, partition)
    this.#rows = rows
  }

  plan(transaction: WriteTransaction): Plan<void> {
    const write = () => {
      const order = transaction.nextOrder()
      const head = { partition: this.#partition, version: APPENDED_VERSION, order, lock: null }
      for (const { sort, value } of this.#rows) {
        const key = Buffer.concat([this.#prefix, sort])
        this.#environment.putSync(key, encodeRow(head, { value, size: value.length, expiresAt: 0 }))
      }
    }
    return { result: undefined, write }
  }
}

/** Deletes some of the rows whose keys share a prefix. The result is the key to continue from, null
 * at the end. */
export class DropWrite implements PlannedWrite<Buffer | null> {
  readonly deadline: number
  readonly rows = DROP_ROWS_MAX
  readonly bytes = 0
  readonly #environment: Environment
  readonly #part: DroppedPart

  constructor(environment: Environment, part: DroppedPart, deadline: number) {
    this.deadline = deadline
    this.#environment = environment
    this.#part = part
  }

  plan(): Plan<Buffer | null> {
    const { prefix, from, through } = this.#part
    const range = { start: from, end: firstBehind(prefix), limit: DROP_ROWS_MAX }
    const keys = [...this.#environment.getKeys(range)]
    const deleted = through === undefined ? keys : keys.filter((key) => this.#isOld(key, through))
    const write = () => {
      for (const key of deleted) this.#environment.removeSync(key)
    }
    return { result: keys.length < DROP_ROWS_MAX ? null : (keys.at(-1) ?? null), write }
  }

  #isOld(key: Buffer, through: bigint): boolean {
    const bytes = readBytes(this.#environment, key, HEAD_BYTES_MAX)
    return bytes !== undefined && orderIn(bytes) <= through
  }
}

interface DroppedPart {
  /** Prefix of a partition's keys, or a table's id. */
  readonly prefix: Buffer
  readonly from: Buffer
  /** The highest order that is deleted. Absent: all rows. */
  readonly through?: bigint
}

/** The version of the row with this key, null if there is none. */
export function storedVersion(environment: Environment, key: Buffer): Version | null {
  const bytes = readBytes(environment, key, VERSION_BYTES_END)
  return bytes === undefined || !isRow(bytes) ? null : versionIn(bytes)
}

function bytesOf(partition: Buffer, row: PutRow | JournalRow): number {
  return 100 + partition.length + row.sort.length + row.value.length
}
