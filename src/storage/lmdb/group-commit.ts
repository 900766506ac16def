/** Groups waiting writes into transactions. LMDB has one writer at a time across all processes, and
 * each transaction waits for the disk once. */
import { strict as assert } from 'node:assert'
import { setTimeout } from 'node:timers/promises'
import { type Reserve, StorageUnavailableError } from '../driver.ts'
import { type Environment, isOnLatest, PAGE_BYTES, pagesUsed } from './environment.ts'
import { ORDER_KEY } from './key.ts'

const WAITING_WRITES_MAX = 10_000
const WAITING_BYTES_MAX = 64 * 1024 * 1024
/** Limits of one transaction, whose writes block the event loop. */
const GROUP_ROWS_MAX = 1000
const GROUP_BYTES_MAX = 8 * 1024 * 1024
/** Bytes of free space below which the storage counts as full. An item of 400 KB of plain text may
 * need that much. */
const ROOM_BYTES_MIN = 1024 * 1024
/** Bytes of the map and of the disk that puts without a `reserve` leave free. */
const RESERVE_BYTES = 3 * 1024 * 1024
/** Bytes of the reserve for jobs alone, since requests may start more jobs than there is room
 * for. */
const JOBS_RESERVE_BYTES = 1024 * 1024
/** Milliseconds for which the free space of the disk is cached. */
const DISK_LOOK_MILLISECONDS = 100
const DEADLINE_CHECK_MILLISECONDS = 50
/** Pause between tries while another process opens the database; see `isOnLatest`. */
const RETRY_MILLISECONDS = 2

export interface PlannedWrite<T> {
  /** A time of `performance.now()`, after which the write does not begin. */
  readonly deadline: number
  readonly rows: number
  /** The most bytes it adds to the database; 0 for one that only deletes. */
  readonly bytes: number
  readonly reserve?: Reserve | undefined
  /** Runs within the transaction and sees the earlier writes in it. Must not write itself, so that
   * its errors affect this write alone. */
  plan(transaction: WriteTransaction): Plan<T>
}

export interface Plan<T> {
  readonly result: T
  /** Runs at once. If it throws, the whole transaction is rolled back. */
  write?(): void
}

export interface WriteTransaction {
  /** Increments the counter in the database. */
  nextOrder(): bigint
}

/** The outcome is unknown, because the transaction failed in its last step or did not end in
 * time. */
export class OutcomeUnknownError extends Error {
  override readonly name = 'OutcomeUnknownError'
}

interface Entry {
  readonly deadline: number
  readonly rows: number
  readonly bytes: number
  readonly reserve: Reserve | undefined
  plan(transaction: WriteTransaction): Plan<unknown>
  /** Settles the caller's promise with the result of `plan`. Later calls have no effect. */
  resolve(): void
  reject(error: unknown): void
}

export class GroupCommit {
  readonly #environment: Environment
  readonly #pagesMax: number
  readonly #diskRoomBytes: () => Promise<number>
  #pagesOnDisk = Number.POSITIVE_INFINITY
  #lookedAtDisk = Number.NEGATIVE_INFINITY
  #waiting: Entry[] = []
  #waitingBytes = 0
  /** Entries that are applied but not yet on disk. */
  #flushing: readonly Entry[] = []
  #working: Promise<void> | undefined

  /** @param diskRoomBytes see `diskRoomBytes` in data-file.ts */
  constructor(
    environment: Environment,
    mapSizeBytes: number,
    diskRoomBytes: () => Promise<number>,
  ) {
    this.#environment = environment
    this.#pagesMax = Math.floor(mapSizeBytes / PAGE_BYTES)
    this.#diskRoomBytes = diskRoomBytes
  }

  /** Resolves with the plan's result once it is on disk. Rejects with an `OutcomeUnknownError`, or
   * with another error if nothing was written. */
  submit<T>(write: PlannedWrite<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.length
      const bytes = this.#waitingBytes + write.bytes
      if (waiting >= WAITING_WRITES_MAX || (waiting > 0 && bytes > WAITING_BYTES_MAX)) {
        throw new StorageUnavailableError('too many commits wait for the disk')
      }
      let planned: Plan<T> | undefined
      this.#waiting.push({
        deadline: write.deadline,
        rows: write.rows,
        bytes: write.bytes,
        reserve: write.reserve,
        plan: (transaction) => {
          planned = write.plan(transaction)
          return planned
        },
        resolve: () => {
          assert(planned !== undefined)
          resolve(planned.result)
        },
        reject,
      })
      this.#waitingBytes += write.bytes
      this.#working ??= this.#work()
    })
  }

  /** Rejects if puts without a reserve have no room in the map or on the disk. */
  async checkRoom(): Promise<void> {
    await this.#lookAtDisk()
    if (this.#pagesFree() * PAGE_BYTES < RESERVE_BYTES + ROOM_BYTES_MIN) throw this.#fullError()
  }

  /** Resolves when no write waits or is under way. */
  async idle(): Promise<void> {
    await this.#working
  }

  async #work(): Promise<void> {
    const timer = setInterval(() => this.#rejectLate(), DEADLINE_CHECK_MILLISECONDS)
    while (this.#waiting.length > 0) {
      await this.#lookAtDiskAgain()
      await this.#transact()
    }
    clearInterval(timer)
    this.#working = undefined
  }

  /** Called before puts, since a write that fails on a full disk overflows a buffer in lmdb 3.5.6
   * (`last_error` in its mdb.c), which can end the process. */
  async #lookAtDiskAgain(): Promise<void> {
    if (performance.now() - this.#lookedAtDisk < DISK_LOOK_MILLISECONDS) return
    if (this.#waiting.some(({ bytes }) => bytes > 0)) await this.#lookAtDisk()
  }

  async #lookAtDisk(): Promise<void> {
    // A file system that does not report its free space has no limit.
    const room = await this.#diskRoomBytes().catch(() => Number.POSITIVE_INFINITY)
    this.#pagesOnDisk = Math.floor(room / PAGE_BYTES)
    this.#lookedAtDisk = performance.now()
  }

  #pagesFree(): number {
    return Math.min(this.#pagesMax, this.#pagesOnDisk) - pagesUsed(this.#environment)
  }

  #fullError(): StorageUnavailableError {
    const isDisk = this.#pagesOnDisk < this.#pagesMax
    const what = isDisk ? 'the disk is full' : 'the LMDB database has reached its map size'
    return new StorageUnavailableError(what)
  }

  async #transact(): Promise<void> {
    let group: readonly Entry[] = []
    let carriedOut = false
    let held = false
    try {
      await this.#environment.childTransaction(() => {
        held = !isOnLatest(this.#environment)
        if (held) return
        group = this.#take()
        this.#flushing = this.#carryOut(group)
        carriedOut = true
      })
      for (const entry of this.#flushing) entry.resolve()
    } catch (cause) {
      silence(cause)
      const message = 'the LMDB transaction failed'
      const isUndone = !carriedOut || (await this.#canStillWrite())
      const error = isUndone
        ? new StorageUnavailableError(message, { cause })
        : new OutcomeUnknownError(message, { cause })
      const failed = group.length > 0 ? group : this.#take()
      for (const entry of failed) entry.reject(error)
    }
    this.#flushing = []
    if (held) await setTimeout(RETRY_MILLISECONDS)
  }

  /**
   * Whether a failed transaction was rolled back, as on a full disk. A transaction takes effect
   * with its last step, the write of a meta page; if that fails lmdb lets the process begin no
   * other transaction (`MDB_FATAL_ERROR` in its mdb_env_write_meta).
   */
  async #canStillWrite(): Promise<boolean> {
    let begun = false
    const empty = this.#environment.childTransaction(() => {
      begun = true
    })
    await empty.catch(silence)
    return begun
  }

  /** As many waiting writes as fit into one transaction, at least one. */
  #take(): readonly Entry[] {
    let count = 0
    let rows = 0
    let bytes = 0
    for (const entry of this.#waiting) {
      rows += entry.rows
      bytes += entry.bytes
      if (count > 0 && (rows > GROUP_ROWS_MAX || bytes > GROUP_BYTES_MAX)) break
      count += 1
      this.#waitingBytes -= entry.bytes
    }
    return this.#waiting.splice(0, count)
  }

  /** Returns the writes whose outcome is that of the transaction; the others are rejected here. */
  #carryOut(group: readonly Entry[]): readonly Entry[] {
    const transaction = new OrderedTransaction(this.#environment)
    const bytes = group.reduce((sum, entry) => sum + entry.bytes, 0)
    let pagesFree = bytes > 0 ? this.#pagesFree() : 0
    const done: Entry[] = []
    for (const entry of group) {
      const pages = pagesFor(entry)
      const full = pages > 0 && pages + pagesKeptFrom(entry) > pagesFree
      const plan = this.#planOf(entry, transaction, full)
      if (plan !== null) {
        plan.write?.()
        pagesFree -= pages
        done.push(entry)
      }
    }
    transaction.finish()
    return done
  }

  #planOf(entry: Entry, transaction: WriteTransaction, full: boolean): Plan<unknown> | null {
    try {
      if (performance.now() >= entry.deadline) {
        throw new StorageUnavailableError('the deadline has passed')
      }
      if (full) throw this.#fullError()
      return entry.plan(transaction)
    } catch (error) {
      entry.reject(error)
      return null
    }
  }

  #rejectLate(): void {
    const now = performance.now()
    const late = this.#waiting.filter((entry) => now >= entry.deadline)
    if (late.length > 0) {
      this.#waiting = this.#waiting.filter((entry) => now < entry.deadline)
      for (const entry of late) {
        this.#waitingBytes -= entry.bytes
        entry.reject(new StorageUnavailableError('the deadline passed before the commit began'))
      }
    }
    for (const entry of this.#flushing) {
      if (now >= entry.deadline) {
        entry.reject(new OutcomeUnknownError('the deadline passed while the disk wrote'))
      }
    }
  }
}

class OrderedTransaction implements WriteTransaction {
  readonly #environment: Environment
  #order: bigint | undefined

  constructor(environment: Environment) {
    this.#environment = environment
  }

  nextOrder(): bigint {
    this.#order ??= this.#environment.getBinary(ORDER_KEY)?.readBigUInt64BE() ?? 0n
    this.#order += 1n
    return this.#order
  }

  finish(): void {
    if (this.#order !== undefined) {
      const bytes = Buffer.alloc(8)
      bytes.writeBigUInt64BE(this.#order)
      this.#environment.putSync(ORDER_KEY, bytes)
    }
  }
}

/** The most pages a write may add. Its bytes count twice, since pages are half empty after a
 * split. */
function pagesFor(entry: Entry): number {
  return entry.bytes === 0 ? 0 : Math.ceil((2 * entry.bytes) / PAGE_BYTES) + 1
}

/** Pages that a write must leave free. */
function pagesKeptFrom({ reserve }: Entry): number {
  if (reserve === 'jobs') return 0
  return (reserve === 'deletions' ? JOBS_RESERVE_BYTES : RESERVE_BYTES) / PAGE_BYTES
}

/** Handles the rejection of a promise that is part of a failed commit's error. */
function silence(cause: unknown): void {
  if (cause instanceof Error && 'commitError' in cause && cause.commitError instanceof Promise) {
    cause.commitError.catch(() => undefined)
  }
}
