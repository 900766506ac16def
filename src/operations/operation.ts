import type { Engine } from '../engine/engine.ts'
import type { WorkContext } from '../engine/operation-context.ts'
import type { TableDefinition } from '../model/table.ts'
import type { OperationName } from './declarations.ts'

/** A wire's own checks against the table's definition. Throws to refuse. Called before any item is
 * read or written, and again if the definition has changed. */
export type TableCheck = (table: TableDefinition) => void

/**
 * One API operation, the same for all wires. The wire has checked all of the command that does not
 * depend on the table's definition. Failures are `MagnetoDBError`s.
 */
export interface Operation<Command, Result> {
  readonly name: OperationName
  run(engine: Engine, command: Command, context: WorkContext): Promise<Result>
}
