import type { Engine } from '../engine/engine.ts'
import type { OperationContext } from '../engine/operation-context.ts'

/** The operations' names as policies (`mdb:put_item`), metrics and logs have them. */
export type OperationName =
  | 'create_table'
  | 'describe_table'
  | 'list_tables'
  | 'delete_table'
  | 'put_item'
  | 'get_item'
  | 'update_item'
  | 'delete_item'
  | 'query'
  | 'scan'
  | 'batch_get_item'
  | 'batch_write_item'
  | 'bulk_load'

/**
 * One API operation, the same for every wire. A command is fully checked but for what depends on
 * the table's definition; failures are `MagnetoDBError`s.
 */
export interface Operation<Command, Result> {
  readonly name: OperationName
  /** How many of them one process runs at once, where that is less than for most. */
  readonly inFlightMax?: { readonly process: number; readonly project: number }
  run(engine: Engine, command: Command, context: OperationContext): Promise<Result>
}
