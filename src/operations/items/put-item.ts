import { withTable } from '../../engine/catalogue/with-table.ts'
import { type StorableItem, storableItem } from '../../engine/format/storable-item.ts'
import type { StoredItem } from '../../engine/format/stored-item.ts'
import { checkItem } from '../../engine/items/check-item.ts'
import { type Change, writeItem } from '../../engine/items/write-items.ts'
import { writtenOf } from '../../engine/items/written.ts'
import type { Condition } from '../../expression/condition.ts'
import type { Item } from '../../model/attribute-value.ts'
import { isSteps, type Stepped, type Steps, settled } from '../../model/steps.ts'
import type { Operation, TableCheck } from '../operation.ts'
import { expiry, liveItem, requireCondition, type WriteResult, writeResult } from './item-write.ts'

export interface PutItem {
  readonly table: string
  readonly item: Item
  readonly condition?: Condition
  readonly check?: TableCheck
  readonly returnValues: 'NONE' | 'ALL_OLD'
  /** Seconds from now; absent: the item does not expire. */
  readonly timeToLiveSeconds?: number
}

export const putItem: Operation<PutItem, WriteResult> = {
  name: 'put_item',
  run: (engine, command, context) =>
    withTable(engine, context, { name: command.table, writes: true }, async (table) => {
      const { item, condition } = command
      const { partition, sort } = checkItem(table.definition, item)
      command.check?.(table.definition)
      const wantsOld = command.returnValues === 'ALL_OLD'
      const expiresAt = expiry(engine, command.timeToLiveSeconds) ?? 0
      let put: Stepped<StorableItem> | undefined
      function* changeInSteps(old: StoredItem | null): Steps<Change> {
        yield* requireCondition(condition, old)
        put = yield* settled(put ?? storableItem(item))
        return { put, expiresAt, old }
      }
      const write = {
        sort,
        blind: !condition && !wantsOld,
        expiresAt,
        foreseen: (attribute: string) => item.get(attribute),
        change(stored: StoredItem | null) {
          const old = liveItem(engine, stored)
          if (condition) return changeInSteps(old)
          put ??= storableItem(item)
          return isSteps(put) ? changeInSteps(old) : { put, expiresAt, old }
        },
      }
      const [change] = await writeItem(engine, context, table, partition, write)
      return writeResult(writtenOf(table, write, change), wantsOld)
    }),
}
