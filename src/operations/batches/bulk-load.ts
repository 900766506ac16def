import { tableReplaced } from '../../engine/catalogue/with-table.ts'
import type { Engine } from '../../engine/engine.ts'
import { readsOldItems } from '../../engine/items/write-items.ts'
import type { WorkContext } from '../../engine/operation-context.ts'
import { MagnetoDBError } from '../../model/errors.ts'
import { OPERATION_SECONDS_MAX, translated } from '../execute.ts'
import type { Operation } from '../operation.ts'
import { type LoadLine, LoadWindow } from './load-window.ts'
import { type PlannedCommit, writePlanned } from './planned-writes.ts'

/** Counts of lines. During the load, some lines are read but have no outcome yet. */
export interface LoadCounts {
  readonly read: number
  readonly processed: number
  readonly unprocessed: number
  readonly failed: number
}

export interface BulkLoad {
  readonly table: string
  /** Read no faster than lines can be written. */
  readonly lines: AsyncIterable<readonly LoadLine[]>
  /** Called at the start, after each chunk of lines, after each written window, and at the end. */
  onProgress(counts: LoadCounts): void
}

export interface LoadFailure {
  readonly line: LoadLine
  readonly error: MagnetoDBError
}

/** All lines up to `lastLine` were processed or failed. None after it was tried. */
export interface BulkLoadResult extends LoadCounts {
  readonly lastLine: LoadLine | undefined
  /** The first failures; at least one if any line failed. */
  readonly failures: readonly LoadFailure[]
}

/** Concurrent commits of one load. */
export const COMMITS_IN_FLIGHT_MAX = 128
/** Concurrent writes of one load into a table with indexes, where each write reads the item that it
 * replaces. These items are not counted in the window's bytes. They take 125 MB at most, as in a
 * BatchGetItem. */
export const OLD_ITEMS_AT_ONCE_MAX = 50
/** Bytes of failed lines that a result keeps. */
export const FAILURES_BYTES_MAX = 1024 * 1024

/**
 * Puts one item per line. The load may last as long as lines arrive: the deadline is for each
 * commit. After the first failure no write is started, and further lines are only counted.
 */
export const bulkLoad: Operation<BulkLoad, BulkLoadResult> = {
  name: 'bulk_load',
  async run(engine, { table, lines, onProgress }, context) {
    const load = new Load(engine, context, table, onProgress)
    onProgress(load.result)
    try {
      for await (const each of lines) {
        await load.take(each)
      }
    } finally {
      await load.finish()
    }
    return load.result
  },
}

/** Fills one window while the previous one is written. */
class Load {
  readonly #engine: Engine
  readonly #context: WorkContext
  readonly #table: string
  readonly #onProgress: BulkLoad['onProgress']
  readonly #counts = { read: 0, processed: 0, unprocessed: 0, failed: 0 }
  readonly #failures: LoadFailure[] = []
  #failuresBytes = 0
  #lastLine: LoadLine | undefined
  #tableId: Buffer | undefined
  #window: LoadWindow | undefined
  #writing: Promise<void> | undefined
  /** The deadline of all writes still under way after a line has failed. */
  #deadlineMax = Number.POSITIVE_INFINITY
  /** An error that no line caused. */
  #defect: { readonly cause: unknown } | undefined

  constructor(
    engine: Engine,
    context: WorkContext,
    table: string,
    onProgress: BulkLoad['onProgress'],
  ) {
    this.#engine = engine
    this.#context = context
    this.#table = table
    this.#onProgress = onProgress
  }

  get result(): BulkLoadResult {
    return { ...this.#counts, lastLine: this.#lastLine, failures: this.#failures }
  }

  /** Resolves when there is room for more lines. */
  async take(lines: readonly LoadLine[]): Promise<void> {
    for (const line of lines) {
      this.#counts.read++
      if (this.#isStopped) this.#counts.unprocessed++
      else await this.#add(line)
    }
    // If no other window is being written, these lines are written at once.
    if (!this.#writing) await this.#write()
    this.#onProgress(this.#counts)
  }

  /** Writes all lines that were taken. @throws errors that no line caused */
  async finish(): Promise<void> {
    await this.#write()
    await this.#writing
    this.#onProgress(this.#counts)
    if (this.#defect) throw this.#defect.cause
  }

  get #isStopped(): boolean {
    return this.#counts.failed > 0 || this.#defect !== undefined
  }

  async #add(line: LoadLine): Promise<void> {
    try {
      this.#window ??= await this.#openWindow()
      await this.#context.work.finish(this.#window.add(line))
    } catch (cause) {
      // Earlier lines are written first.
      const isReached = await this.#write()
      await this.#writing
      if (isReached) this.#fail([line], cause)
      else this.#counts.unprocessed++
      if (isReached) this.#lastLine = line
    }
    if (this.#window?.isFull) await this.#write()
  }

  /** All windows go to one table, even if another table gets its name during the load. */
  async #openWindow(): Promise<LoadWindow> {
    const context = { ...this.#context, deadline: this.#deadline() }
    const table = await this.#engine.catalogue.active(context, this.#table)
    this.#tableId ??= table.id
    if (!this.#tableId.equals(table.id)) throw tableReplaced(this.#table)
    return new LoadWindow(table)
  }

  /**
   * Starts to write the window after the previous one is written.
   *
   * @returns false if a failure has stopped the load, so that the window is not written
   */
  async #write(): Promise<boolean> {
    await this.#writing
    const window = this.#window
    this.#window = undefined
    if (this.#isStopped) {
      this.#counts.unprocessed += window?.lines ?? 0
      return false
    }
    if (window) {
      this.#lastLine = window.lastLine ?? this.#lastLine
      this.#writing = this.#writeAll(window).then(() => {
        this.#writing = undefined
        this.#onProgress(this.#counts)
      })
    }
    return true
  }

  /** Starts the commits in order, each when there is room for it. */
  async #writeAll(window: LoadWindow): Promise<void> {
    const reads = readsOldItems(window.table)
    const commits = window.commits()
    let next = commits.next()
    let room = reads ? OLD_ITEMS_AT_ONCE_MAX : COMMITS_IN_FLIGHT_MAX
    const begin = async (): Promise<void> => {
      const begun: Promise<void>[] = []
      while (!next.done) {
        const commit = next.value
        const taken = reads ? commit.writes.length : 1
        if (taken > room) break
        room -= taken
        next = commits.next()
        const written = this.#writeOne(commit).then(() => {
          room += taken
          return begin()
        })
        begun.push(written)
      }
      await Promise.all(begun)
    }
    await begin()
  }

  async #writeOne(commit: PlannedCommit<LoadLine>): Promise<void> {
    const context = { ...this.#context, deadline: this.#deadline() }
    try {
      await writePlanned(this.#engine, context, commit)
      this.#counts.processed += commit.sources.length
    } catch (cause) {
      this.#fail(commit.sources, cause)
    }
  }

  #deadline(): number {
    return Math.min(performance.now() + OPERATION_SECONDS_MAX * 1_000, this.#deadlineMax)
  }

  #fail(lines: readonly LoadLine[], cause: unknown): void {
    const error = translated(cause)
    this.#deadlineMax = this.#deadline()
    this.#counts.failed += lines.length
    if (!(error instanceof MagnetoDBError)) {
      this.#defect ??= { cause }
      return
    }
    for (const line of lines) {
      const bytes = this.#failuresBytes + line.bytes
      if (this.#failures.length > 0 && bytes > FAILURES_BYTES_MAX) return
      this.#failures.push({ line, error })
      this.#failuresBytes = bytes
    }
  }
}
