import { withTable } from '../../engine/catalogue/with-table.ts'
import { type StorableItem, storableItem } from '../../engine/format/storable-item.ts'
import type { StoredItem } from '../../engine/format/stored-item.ts'
import { checkItem } from '../../engine/items/check-item.ts'
import { type Change, writeItem } from '../../engine/items/write-items.ts'
import type { Condition } from '../../expression/condition.ts'
import type { Item } from '../../model/attribute-value.ts'
import { isSteps, type Stepped, type Steps, settled } from '../../model/steps.ts'
import type { TableDefinition } from '../../model/table.ts'
import type { EncodedItem } from '../../model/typed-json.ts'
import type { Operation } from '../operation.ts'
import { expiry, liveItem, oldAttributes, requireCondition } from './item-write.ts'

export interface PutItem {
  readonly table: string
  readonly item: Item
  readonly condition?: Condition
  /** What the wire refuses by the table's definition, by throwing. */
  readonly check?: (table: TableDefinition) => void
  readonly returnValues: 'NONE' | 'ALL_OLD'
  /** Seconds from now; absent: the item does not expire. */
  readonly timeToLiveSeconds?: number
}

export interface PutItemResult {
  /** The item replaced, if it was asked for and there was one. */
  readonly attributes?: EncodedItem
}

export const putItem: Operation<PutItem, PutItemResult> = {
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
      const [change] = await writeItem(engine, context, table, partition, {
        sort,
        blind: !condition && !wantsOld,
        expiresAt,
        change(stored: StoredItem | null) {
          const old = liveItem(engine, stored)
          if (condition) return changeInSteps(old)
          put ??= storableItem(item)
          return isSteps(put) ? changeInSteps(old) : { put, expiresAt, old }
        },
      })
      return wantsOld ? oldAttributes(change) : {}
    }),
}
