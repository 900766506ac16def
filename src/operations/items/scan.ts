import { withTable } from '../../engine/catalogue/with-table.ts'
import { scanItems } from '../../engine/items/scan-items.ts'
import type { Condition } from '../../expression/condition.ts'
import type { Item } from '../../model/attribute-value.ts'
import type { Operation } from '../operation.ts'
import { type PageResult, pageRead, pageView, type Select } from './query.ts'

export interface Scan {
  readonly table: string
  readonly filter?: Condition
  readonly select: Select
  readonly attributes?: readonly string[]
  /** Rows to read at most, 1 or more; absent: as many as a page holds. */
  readonly limit?: number
  readonly consistentRead: boolean
  readonly exclusiveStartKey?: Item
  /** 0 <= segment < totalSegments <= TOTAL_SEGMENTS_MAX. */
  readonly segment: number
  readonly totalSegments: number
}

export const scan: Operation<Scan, PageResult> = {
  name: 'scan',
  run: (engine, command, context) =>
    withTable(engine, context, { name: command.table }, (table) => {
      const { segment, totalSegments, exclusiveStartKey } = command
      const level = command.consistentRead ? 'strong' : 'eventual'
      const request = {
        segment,
        totalSegments,
        view: pageView(command, engine.time.expiryNow()),
        ...(exclusiveStartKey ? { exclusiveStartKey } : {}),
      }
      return scanItems(context, table, request, pageRead(context, level))
    }),
}
