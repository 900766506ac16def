import type { Engine } from '../engine/engine.ts'
import type { WorkContext } from '../engine/operation-context.ts'
import type { OperationName } from './declarations.ts'

/**
 * One API operation, the same for every wire. A command is fully checked but for what depends on
 * the table's definition; failures are `MagnetoDBError`s.
 */
export interface Operation<Command, Result> {
  readonly name: OperationName
  run(engine: Engine, command: Command, context: WorkContext): Promise<Result>
}
