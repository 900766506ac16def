import type { StorageDriver } from '../../storage/driver.ts'
import type { Clocks, Moment } from './clocks.ts'
import {
  isSameRevision,
  type Revision,
  readRevision,
  readShardRevisions,
  shardOf,
} from './revision.ts'

/** Milliseconds between polls for changed definitions. */
const POLL_INTERVAL_MS = 1000
/** Milliseconds for which a confirmed definition may be used. */
export const CONFIRMED_MAX_MS = 5000
/** Milliseconds for one poll. */
const REVISION_TIMEOUT_MS = 2000
/** Milliseconds by which a poll may start late. One later than that shows that the process or its
 * machine was stopped or overloaded. */
const LATE_MAX_MS = 1000

export interface ConfirmationOptions {
  readonly driver: StorageDriver
  /** These shards' revisions have moved, so their projects' cached definitions may be outdated. */
  readonly onChange: (shards: ReadonlySet<number>) => void
  readonly onBackgroundError: (error: unknown) => void
  readonly clocks: Clocks
  readonly pollIntervalMs?: number
  readonly confirmedMaxMs?: number
}

/**
 * Decides whether cached definitions may be used, for storage engines that cannot confirm each use.
 * The catalogue's revision is polled every second, outside requests; when it has moved, its shards'
 * revisions are read. A definition is read again if it was not confirmed for 5 s (the process was
 * stopped, the engine does not answer). All are read again after a detected pause of the machine.
 */
export class Confirmation {
  readonly #options: ConfirmationOptions
  #revision: Revision | undefined
  #shards: readonly Revision[] = []
  #confirmedAt: Moment | undefined
  /** When the next poll is due; undefined during a poll. */
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

  /** A value that changes when `onChange` is called for the project's shard. A definition whose
   * read began with another mark must not be cached. */
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
