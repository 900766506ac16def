import type { ActiveTable } from '../engine/active-table.ts'
import type { Engine } from '../engine/engine.ts'
import type { OperationContext } from '../engine/operation-context.ts'
import { withKnownTable } from '../engine/with-table.ts'
import { type ItemWrite, writeItems } from '../engine/write-items.ts'

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
  return withKnownTable(engine, context, planned, (table) =>
    writeItems(context, table, partition, writes),
  )
}
