import type { Engine } from '../engine/engine.ts'
import type { WorkContext } from '../engine/operation-context.ts'
import type { TableDefinition } from '../model/table.ts'
import type { OperationName } from './declarations.ts'

/** What a wire refuses by a table's definition, by throwing: called before the storage is asked for
 * items, and again when the definition has changed. */
export type TableCheck = (table: TableDefinition) => void

/**
 * One API operation, the same for every wire. A command is fully checked but for what depends on
 * the table's definition; failures are `MagnetoDBError`s.
 */
export interface Operation<Command, Result> {
  readonly name: OperationName
  run(engine: Engine, command: Command, context: WorkContext): Promise<Result>
}
