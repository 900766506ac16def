import type { StorageDriver } from '../../storage/driver.ts'
import type { Clocks, Moment } from './clocks.ts'
import {
  isSameRevision,
  type Revision,
  readRevision,
  readShardRevisions,
  shardOf,
} from './revision.ts'

/** How often a process asks whether definitions have changed. */
const POLL_INTERVAL_MS = 1000
/** How long an answer is good for: a definition confirmed longer ago is not used. */
export const CONFIRMED_MAX_MS = 5000
/** A background read of the revision. */
const REVISION_TIMEOUT_MS = 2000
/** Milliseconds by which the next question may be late. It is later where the process or its
 * machine was stopped, or has too much to do. */
const LATE_MAX_MS = 1000

export interface ConfirmationOptions {
  readonly driver: StorageDriver
  /** The revisions of these shards have moved: nothing cached of their projects is certain. */
  readonly onChange: (shards: ReadonlySet<number>) => void
  readonly onBackgroundError: (error: unknown) => void
  readonly clocks: Clocks
  readonly pollIntervalMs?: number
  readonly confirmedMaxMs?: number
}

/**
 * Whether cached definitions may be used, where the engine cannot confirm each use. The catalogue's
 * revision is read every second outside requests, and those of its shards when it has moved. A
 * definition not confirmed for 5 s (a process that was stopped, an engine that does not answer) is
 * read again, and so is every one after a pause of the machine that can be seen.
 */
export class Confirmation {
  readonly #options: ConfirmationOptions
  #revision: Revision | undefined
  #shards: readonly Revision[] = []
  #confirmedAt: Moment | undefined
  /** When the next question is due; undefined while one is under way. */
  #dueAt: Moment | undefined
  #timer: NodeJS.Timeout | undefined
  #isOpen = true

  constructor(options: ConfirmationOptions) {
    this.#options = options
    if (!options.driver.versionNow) void this.#poll()
  }

  holds(): boolean {
    const { clocks, confirmedMaxMs = CONFIRMED_MAX_MS } = this.#options
    if (!this.#confirmedAt || clocks.since(this.#confirmedAt) >= confirmedMaxMs) return false
    return !this.#dueAt || clocks.since(this.#dueAt) <= LATE_MAX_MS
  }

  /** Another one whenever `onChange` was called for the project's shard: what was read before is
   * not to be cached. */
  mark(projectId: string): unknown {
    return this.#shards[shardOf(projectId)]
  }

  close(): void {
    this.#isOpen = false
    clearTimeout(this.#timer)
  }

  async #poll(): Promise<void> {
    const { clocks, onBackgroundError, pollIntervalMs = POLL_INTERVAL_MS } = this.#options
    const askedAt = clocks.now()
    this.#dueAt = undefined
    try {
      await this.#confirm()
      this.#confirmedAt = askedAt
    } catch (error) {
      if (this.#isOpen) onBackgroundError(error)
    }
    if (!this.#isOpen) return
    const { monotonic, wall } = clocks.now()
    this.#dueAt = { monotonic: monotonic + pollIntervalMs, wall: wall + pollIntervalMs }
    this.#timer = setTimeout(() => void this.#poll(), pollIntervalMs).unref()
  }

  async #confirm(): Promise<void> {
    const { driver, onChange } = this.#options
    const deadline = performance.now() + REVISION_TIMEOUT_MS
    const latest = await readRevision(driver, deadline)
    if (this.#revision !== undefined && isSameRevision(latest, this.#revision)) return
    const revisions = await readShardRevisions(driver, deadline)
    const moved = new Set<number>()
    this.#shards = revisions.map((revision, shard) => {
      const before = this.#shards[shard]
      if (before !== undefined && isSameRevision(revision, before)) return before
      moved.add(shard)
      return revision
    })
    this.#revision = latest
    onChange(moved)
  }
}
