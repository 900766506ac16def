import { withTable } from '../../engine/catalogue/with-table.ts'
import { scanItems } from '../../engine/items/scan-items.ts'
import type { Condition } from '../../expression/condition.ts'
import type { Path } from '../../expression/path.ts'
import type { Item } from '../../model/attribute-value.ts'
import type { Operation, TableCheck } from '../operation.ts'
import { type PageResult, pageRead, type Select, viewOf } from './query.ts'

export interface Scan {
  readonly table: string
  /** Its entries are read instead of the items. */
  readonly index?: string
  readonly filter?: Condition
  readonly select: Select
  /** With SPECIFIC_ATTRIBUTES; absent: all. */
  readonly paths?: readonly Path[]
  /** Rows to read at most, 1 or more; absent: as many as a page holds. */
  readonly limit?: number
  readonly consistentRead: boolean
  readonly exclusiveStartKey?: Item
  /** 0 <= segment < totalSegments <= TOTAL_SEGMENTS_MAX. */
  readonly segment: number
  readonly totalSegments: number
  readonly check?: TableCheck
}

export const scan: Operation<Scan, PageResult> = {
  name: 'scan',
  run: (engine, command, context) =>
    withTable(engine, context, { name: command.table }, (table) => {
      command.check?.(table.definition)
      const { segment, totalSegments, exclusiveStartKey } = command
      const level = command.consistentRead ? 'strong' : 'eventual'
      const request = {
        segment,
        totalSegments,
        ...viewOf(table.definition, command, engine.time.expiryNow()),
        ...(exclusiveStartKey ? { exclusiveStartKey } : {}),
      }
      return scanItems(context, table, request, pageRead(context, level))
    }),
}
