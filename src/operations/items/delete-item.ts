import { withTable } from '../../engine/catalogue/with-table.ts'
import type { StoredItem } from '../../engine/format/stored-item.ts'
import { addressOfKey } from '../../engine/items/check-item.ts'
import { type Change, writeItem } from '../../engine/items/write-items.ts'
import { writtenOf } from '../../engine/items/written.ts'
import type { Condition } from '../../expression/condition.ts'
import type { Item } from '../../model/attribute-value.ts'
import type { Steps } from '../../model/steps.ts'
import type { Operation, TableCheck } from '../operation.ts'
import { liveItem, requireCondition, type WriteResult, writeResult } from './item-write.ts'

export interface DeleteItem {
  readonly table: string
  readonly key: Item
  readonly condition?: Condition
  readonly check?: TableCheck
  readonly returnValues: 'NONE' | 'ALL_OLD'
}

export const deleteItem: Operation<DeleteItem, WriteResult> = {
  name: 'delete_item',
  run: (engine, command, context) =>
    withTable(engine, context, { name: command.table, writes: true }, async (table) => {
      const { condition } = command
      const { partition, sort } = addressOfKey(table.definition, command.key)
      command.check?.(table.definition)
      const wantsOld = command.returnValues === 'ALL_OLD'
      const write = {
        sort,
        blind: !condition && !wantsOld,
        *change(stored: StoredItem | null): Steps<Change> {
          const old = liveItem(engine, stored)
          yield* requireCondition(condition, old)
          return { old }
        },
      }
      const [change] = await writeItem(engine, context, table, partition, write)
      return writeResult(writtenOf(table, write, change), wantsOld)
    }),
}
