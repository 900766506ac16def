import type { TableDefinition } from '../../model/table.ts'
import type { Fence, TableId } from '../../storage/driver.ts'
import type { Moment } from './clocks.ts'

/** A table that requests may use now. */
export interface ActiveTable {
  readonly id: TableId
  readonly definition: TableDefinition
  /** Ties a commit to the definition by which it was made. */
  readonly fence: Fence
  /** Of the revision that tells when the definition may have changed. */
  readonly shard: number
  /** When the definition was last read, or confirmed by an embedded engine. */
  confirmedAt: Moment
}

/** A commit was made by a definition that has changed since: nothing was written. */
export class StaleDefinitionError extends Error {
  override readonly name = 'StaleDefinitionError'
}
