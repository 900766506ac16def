import { withTable } from '../../engine/catalogue/with-table.ts'
import type { StoredItem } from '../../engine/format/stored-item.ts'
import { addressOfKey } from '../../engine/items/check-item.ts'
import { writeItem } from '../../engine/items/write-items.ts'
import type { Condition } from '../../expression/condition.ts'
import type { Item } from '../../model/attribute-value.ts'
import type { EncodedItem } from '../../model/typed-json.ts'
import type { Operation } from '../operation.ts'
import { liveItem, oldAttributes, requireCondition } from './item-write.ts'

export interface DeleteItem {
  readonly table: string
  readonly key: Item
  readonly condition?: Condition
  readonly returnValues: 'NONE' | 'ALL_OLD'
}

export interface DeleteItemResult {
  /** The item deleted, if it was asked for and there was one. */
  readonly attributes?: EncodedItem
}

export const deleteItem: Operation<DeleteItem, DeleteItemResult> = {
  name: 'delete_item',
  run: (engine, command, context) =>
    withTable(engine, context, { name: command.table, writes: true }, async (table) => {
      const { condition } = command
      const { partition, sort } = addressOfKey(table.definition, command.key)
      const wantsOld = command.returnValues === 'ALL_OLD'
      const [change] = await writeItem(engine, context, table, partition, {
        sort,
        blind: !condition && !wantsOld,
        *change(stored: StoredItem | null) {
          const old = liveItem(engine, stored)
          yield* requireCondition(condition, old)
          return { old }
        },
      })
      return wantsOld ? oldAttributes(change) : {}
    }),
}
