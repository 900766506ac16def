import { withTable } from '../../engine/catalogue/with-table.ts'
import { storableItem } from '../../engine/format/storable-item.ts'
import type { StoredItem } from '../../engine/format/stored-item.ts'
import { addressOfKey, checkItem } from '../../engine/items/check-item.ts'
import { type Change, writeItem } from '../../engine/items/write-items.ts'
import { writtenOf } from '../../engine/items/written.ts'
import { applyUpdates } from '../../expression/apply-update.ts'
import type { Condition } from '../../expression/condition.ts'
import { projection } from '../../expression/project.ts'
import type { UpdateAction } from '../../expression/update.ts'
import type { AttributeValue, Item } from '../../model/attribute-value.ts'
import { MagnetoDBError } from '../../model/errors.ts'
import { type Steps, settled } from '../../model/steps.ts'
import { keyAttributeNames, type TableDefinition } from '../../model/table.ts'
import { type EncodedItem, encodeInSteps } from '../../model/typed-json.ts'
import type { Operation, TableCheck } from '../operation.ts'
import { expiry, liveItem, requireCondition, type WriteResult } from './item-write.ts'

export interface UpdateItem {
  readonly table: string
  readonly key: Item
  readonly updates: readonly UpdateAction[]
  readonly condition?: Condition
  readonly check?: TableCheck
  readonly returnValues: 'NONE' | 'ALL_OLD' | 'ALL_NEW' | 'UPDATED_OLD' | 'UPDATED_NEW'
  /** Seconds from now; absent: the item's expiry stays as it is. */
  readonly timeToLiveSeconds?: number
}

/** Unless `returnValues` is NONE, the result has attributes: empty (`{}`) if the item, or the
 * attributes that were asked for, do not exist. */
export const updateItem: Operation<UpdateItem, WriteResult> = {
  name: 'update_item',
  run: (engine, command, context) =>
    withTable(engine, context, { name: command.table, writes: true }, async (table) => {
      const { definition } = table
      const { key, updates } = command
      const { partition, sort } = addressOfKey(definition, key)
      command.check?.(definition)
      checkUpdatedAttributes(definition, updates)
      const expiresAt = expiry(engine, command.timeToLiveSeconds)
      const write = {
        sort,
        blind: false,
        ...(expiresAt === undefined ? {} : { expiresAt }),
        foreseen: (attribute: string) => foreseenValue(command, attribute),
        *change(stored: StoredItem | null): Steps<Change> {
          const old = liveItem(engine, stored)
          yield* requireCondition(command.condition, old)
          const before = old && (yield* old.read())
          const after = yield* applyUpdates(before, key, updates)
          if (after === null) return null
          checkItem(definition, after)
          return {
            put: yield* settled(storableItem(after)),
            expiresAt: expiresAt ?? old?.expiresAt ?? 0,
            old,
          }
        },
      }
      const [change] = await writeItem(engine, context, table, partition, write)
      const written = writtenOf(table, write, change)
      const attributes = await context.work.finish(returned(command, change))
      return attributes ? { attributes, written } : { written }
    }),
}

function checkUpdatedAttributes({ key }: TableDefinition, updates: readonly UpdateAction[]): void {
  const updated = keyAttributeNames(key).find((name) =>
    updates.some(({ path }) => path.attribute === name),
  )
  if (updated === undefined) return
  throw new MagnetoDBError({ is: 'key_updated', name: updated })
}

/** The attribute's value after the update, if it does not depend on the old item. */
function foreseenValue(
  { key, updates }: UpdateItem,
  attribute: string,
): AttributeValue | 'unforeseen' | undefined {
  const update = updates.find(({ path }) => path.attribute === attribute)
  if (!update) return key.get(attribute)
  if (update.action === 'remove') return undefined
  // The update is within a list or map. The attribute keeps that type, and so sets no expiry.
  if (update.path.steps.length > 0) return undefined
  const isValue = update.action === 'set' && update.value.is === 'value'
  return isValue ? update.value.value : 'unforeseen'
}

function* returned(
  { returnValues, updates }: UpdateItem,
  change: Change | undefined,
): Steps<EncodedItem | undefined> {
  if (returnValues === 'NONE') return undefined
  const before = change?.old && (yield* change.old.read())
  const item = (returnValues.endsWith('_OLD') ? before : change?.put?.item) ?? NO_ATTRIBUTES
  switch (returnValues) {
    case 'ALL_OLD':
    case 'ALL_NEW':
      return yield* encodeInSteps(item)
    case 'UPDATED_OLD':
    case 'UPDATED_NEW': {
      const updated = projection(updates.map(({ path }) => path))
      return yield* encodeInSteps(updated(item))
    }
  }
}

const NO_ATTRIBUTES: Item = new Map()
