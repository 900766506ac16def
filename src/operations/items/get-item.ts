import { withTable } from '../../engine/catalogue/with-table.ts'
import { isExpired } from '../../engine/format/stored-item.ts'
import { encodedItemOf } from '../../engine/format/value-codec.ts'
import { addressOfKey } from '../../engine/items/check-item.ts'
import type { Item } from '../../model/attribute-value.ts'
import type { EncodedItem } from '../../model/typed-json.ts'
import type { Operation } from '../operation.ts'
import { projectedItem } from './item-read.ts'

export interface GetItem {
  readonly table: string
  /** Exactly the key attributes. */
  readonly key: Item
  /** Names of the attributes to return; absent: all. */
  readonly attributes?: readonly string[]
  readonly consistentRead: boolean
}

export interface GetItemResult {
  /** Absent: there is no such item. */
  readonly item?: EncodedItem
}

export const getItem: Operation<GetItem, GetItemResult> = {
  name: 'get_item',
  run: (engine, command, context) =>
    withTable(engine, context, { name: command.table }, async (table) => {
      const { partition, sort } = addressOfKey(table.definition, command.key)
      const level = command.consistentRead ? 'strong' : 'eventual'
      const read = { level, deadline: context.deadline } as const
      const row = await context.storage.get(table.id, partition, sort, read)
      if (!row || isExpired(row, engine.time.expiryNow() / 1000)) return {}
      const encoded = encodedItemOf(row.value)
      if (!command.attributes) return { item: encoded }
      return { item: await context.work.finish(projectedItem(encoded, command.attributes)) }
    }),
}
