import { withTable } from '../../engine/catalogue/with-table.ts'
import { isExpired } from '../../engine/format/stored-item.ts'
import { encodedItemOf } from '../../engine/format/value-codec.ts'
import { addressOfKey } from '../../engine/items/check-item.ts'
import type { Path } from '../../expression/path.ts'
import { projection } from '../../expression/project.ts'
import type { Item } from '../../model/attribute-value.ts'
import type { EncodedItem } from '../../model/typed-json.ts'
import type { Operation, TableCheck } from '../operation.ts'
import { projectedItem } from './item-read.ts'

export interface GetItem {
  readonly table: string
  /** The key attributes and no others. */
  readonly key: Item
  /** What to return of the item; absent: all. */
  readonly paths?: readonly Path[]
  readonly consistentRead: boolean
  readonly check?: TableCheck
}

export interface GetItemResult {
  /** Absent if there is no such item. */
  readonly item?: EncodedItem
  /** The size of the item that was read. */
  readonly bytes: number
}

export const getItem: Operation<GetItem, GetItemResult> = {
  name: 'get_item',
  run: (engine, command, context) =>
    withTable(engine, context, { name: command.table }, async (table) => {
      command.check?.(table.definition)
      const { partition, sort } = addressOfKey(table.definition, command.key)
      const level = command.consistentRead ? 'strong' : 'eventual'
      const read = { level, deadline: context.deadline } as const
      const row = await context.storage.get(table.id, partition, sort, read)
      if (!row || isExpired(row, engine.time.expiryNow() / 1000)) return { bytes: 0 }
      const encoded = encodedItemOf(row.value)
      const { paths } = command
      if (!paths) return { item: encoded, bytes: row.size }
      const item = await context.work.finish(projectedItem(encoded, projection(paths)))
      return { item, bytes: row.size }
    }),
}
