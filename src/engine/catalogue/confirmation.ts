import { type StorageDriver, StorageUnavailableError, type Version } from '../../storage/driver.ts'
import { CATALOGUE_REVISION_TABLE_ID } from '../format/system-tables.ts'
import { newVersion } from '../format/version.ts'
import { settledCommit } from '../items/settled-commit.ts'

/** How often a process asks whether definitions have changed. */
const POLL_INTERVAL_MS = 1000
/** How long an answer is good for: a definition confirmed longer ago is not used. */
export const CONFIRMED_MAX_MS = 5000
/** A background read of the revision. */
const REVISION_TIMEOUT_MS = 2000

const PARTITION = Buffer.from('catalogue')
const SORT = Buffer.from('revision')

export interface ConfirmationOptions {
  readonly driver: StorageDriver
  /** The revision has moved or was lost sight of: nothing cached is certain any more. */
  readonly onChange: () => void
  readonly onBackgroundError: (error: unknown) => void
  /** Milliseconds on a clock that never goes back. */
  readonly monotonicNow: () => number
  readonly pollIntervalMs?: number
  readonly confirmedMaxMs?: number
}

/**
 * Whether cached definitions may be used, where the engine cannot confirm each use: the catalogue's
 * revision is read every second outside requests, and a definition not confirmed for 5 s of
 * monotonic time (a process that was stopped, an engine that does not answer) is read again.
 */
export class Confirmation {
  readonly #options: ConfirmationOptions
  #revision: Version | null | undefined
  #confirmedAt = Number.NEGATIVE_INFINITY
  #changes = 0
  #timer: NodeJS.Timeout | undefined
  #isOpen = true

  constructor(options: ConfirmationOptions) {
    this.#options = options
    if (!options.driver.versionNow) void this.#poll()
  }

  holds(): boolean {
    const { monotonicNow, confirmedMaxMs = CONFIRMED_MAX_MS } = this.#options
    return monotonicNow() - this.#confirmedAt < confirmedMaxMs
  }

  /** Changes whenever `onChange` was called: what was read before is not to be cached. */
  mark(): number {
    return this.#changes
  }

  close(): void {
    this.#isOpen = false
    clearTimeout(this.#timer)
  }

  async #poll(): Promise<void> {
    const { driver, onChange, onBackgroundError, monotonicNow } = this.#options
    const { pollIntervalMs = POLL_INTERVAL_MS } = this.#options
    const askedAt = monotonicNow()
    try {
      const latest = await readRevision(driver)
      if (this.#revision === undefined || !sameRevision(latest, this.#revision)) {
        this.#revision = latest
        this.#changes++
        onChange()
      }
      this.#confirmedAt = askedAt
    } catch (error) {
      if (this.#isOpen) onBackgroundError(error)
    }
    if (this.#isOpen) this.#timer = setTimeout(() => void this.#poll(), pollIntervalMs).unref()
  }
}

function sameRevision(a: Version | null, b: Version | null): boolean {
  return a === b || (a !== null && b !== null && a.equals(b))
}

async function readRevision(driver: StorageDriver): Promise<Version | null> {
  const deadline = performance.now() + REVISION_TIMEOUT_MS
  const read = { level: 'strong', deadline } as const
  const row = await driver.get(CATALOGUE_REVISION_TABLE_ID, PARTITION, SORT, read)
  return row?.version ?? null
}

/** Makes every process confirm its definitions anew. Throws when that is not certain: try again. */
export async function moveRevision(driver: StorageDriver, deadline: number): Promise<void> {
  const commit = {
    id: newVersion(),
    require: [{ sort: SORT }],
    put: [{ sort: SORT, value: Buffer.alloc(0), size: 0, expiresAt: 0 }],
    delete: [],
  }
  const table = CATALOGUE_REVISION_TABLE_ID
  const { outcome } = await settledCommit(driver, table, PARTITION, commit, deadline)
  if (outcome !== 'applied') throw new StorageUnavailableError(`the revision's move was ${outcome}`)
}
