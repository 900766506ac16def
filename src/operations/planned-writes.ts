import type { ActiveTable } from '../engine/active-table.ts'
import type { Engine } from '../engine/engine.ts'
import type { OperationContext } from '../engine/operation-context.ts'
import { withTable } from '../engine/with-table.ts'
import { type ItemWrite, writeItems } from '../engine/write-items.ts'
import { MagnetoDBError } from '../model/errors.ts'

/** Writes of one partition that were checked and placed by a table's definition. */
export interface PlannedWrites {
  readonly table: ActiveTable
  readonly partition: Buffer
  readonly writes: readonly ItemWrite[]
}

/** As `writeItems`; `unavailable` when the table has been made anew since. */
export function writePlanned(
  engine: Engine,
  context: OperationContext,
  { table: planned, partition, writes }: PlannedWrites,
): Promise<void> {
  const { name } = planned.definition
  const work = async (table: ActiveTable): Promise<void> => {
    if (!table.id.equals(planned.id)) {
      throw new MagnetoDBError('unavailable', `Table '${name}' has been made anew, try again`)
    }
    await writeItems(context, table, partition, writes)
  }
  return withTable(engine, context, name, work, planned)
}
