import type { ActiveTable } from '../../engine/catalogue/active-table.ts'
import type { Item } from '../../model/attribute-value.ts'
import { type Stepped, type Steps, settled } from '../../model/steps.ts'
import { type PlannedCommit, WritePlan } from './planned-writes.ts'

/** One line of a bulk load, decoded when its turn comes. */
export interface LoadLine {
  readonly bytes: number
  /** The line as received, with its line end; truncated if it is too long. */
  text(): string
  /** @throws MagnetoDBError */
  decode(): Stepped<Item>
}

/** Lines per window. More would not fit one write transaction of an embedded engine. */
const WINDOW_LINES_MAX = 1000
/** Bytes of a window: both of its lines and of the rows stored for them. */
const WINDOW_BYTES_MAX = 2 * 1024 * 1024

/** Lines of one table that are written together. */
export class LoadWindow {
  readonly table: ActiveTable
  readonly #plan: WritePlan<LoadLine>
  lines = 0
  lastLine: LoadLine | undefined
  #lineBytes = 0

  constructor(table: ActiveTable) {
    this.table = table
    this.#plan = new WritePlan(table)
  }

  get isFull(): boolean {
    return (
      this.lines >= WINDOW_LINES_MAX ||
      this.#lineBytes >= WINDOW_BYTES_MAX ||
      this.#plan.storedBytes >= WINDOW_BYTES_MAX
    )
  }

  /**
   * Of two lines with the same key, the later one wins.
   *
   * @throws MagnetoDBError if the line is not a valid item of the table
   */
  *add(line: LoadLine): Steps<void> {
    yield* this.#plan.put(yield* settled(line.decode()), line)
    this.lines++
    this.lastLine = line
    this.#lineBytes += line.bytes
  }

  commits(): Generator<PlannedCommit<LoadLine>> {
    return this.#plan.commits()
  }
}
