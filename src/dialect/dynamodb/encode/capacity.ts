import type { WriteUsage } from '../../../engine/items/written.ts'
import type { CapacityDetail } from '../decode/parameters.ts'

/** Bytes per unit of capacity: of strongly consistent reads, and of writes. */
const READ_UNIT_BYTES = 4096
const WRITE_UNIT_BYTES = 1024

export function readUnits(bytes: number, consistentRead: boolean): number {
  const units = Math.max(1, Math.ceil(bytes / READ_UNIT_BYTES))
  return consistentRead ? units : units / 2
}

function writeUnits(bytes: number): number {
  return Math.max(1, Math.ceil(bytes / WRITE_UNIT_BYTES))
}

/** Consumed units of the table and of its indexes. */
export interface UsedUnits {
  readonly table: number
  readonly indexes: ReadonlyMap<string, number>
}

export function writtenUnits(usages: readonly WriteUsage[]): UsedUnits {
  let table = 0
  const indexes = new Map<string, number>()
  for (const usage of usages) {
    table += writeUnits(usage.item)
    for (const [name, entries] of usage.indexes) {
      const units = entries.reduce((sum, bytes) => sum + writeUnits(bytes), 0)
      if (units > 0) indexes.set(name, (indexes.get(name) ?? 0) + units)
    }
  }
  return { table, indexes }
}

/** Undefined if it was not requested. */
export function consumedCapacity(
  table: string,
  detail: CapacityDetail,
  used: () => UsedUnits,
): string | undefined {
  if (detail === 'NONE') return undefined
  const units = used()
  const indexes = [...units.indexes]
  const all = indexes.reduce((sum, [, each]) => sum + each, units.table)
  const total = { TableName: table, CapacityUnits: all }
  if (detail === 'TOTAL') return JSON.stringify(total)
  return JSON.stringify({
    ...total,
    Table: { CapacityUnits: units.table },
    ...(indexes.length > 0 && {
      LocalSecondaryIndexes: Object.fromEntries(
        indexes.map(([name, each]) => [name, { CapacityUnits: each }]),
      ),
    }),
  })
}

export const NO_INDEXES: ReadonlyMap<string, number> = new Map()
