import type { TableDefinition } from '../../model/table.ts'
import type { Fence, TableId } from '../../storage/driver.ts'
import type { Moment } from './clocks.ts'

/** A table that requests may use now. */
export interface ActiveTable {
  readonly id: TableId
  readonly definition: TableDefinition
  /** With it, a commit applies only while this definition is current. */
  readonly fence: Fence
  /** The shard whose revision moves when the definition may have changed. */
  readonly shard: number
  /** When the definition was last read, or confirmed by an embedded engine. */
  confirmedAt: Moment
}

/** Nothing was written, because the table's definition has changed since the commit was built. */
export class StaleDefinitionError extends Error {
  override readonly name = 'StaleDefinitionError'
}
