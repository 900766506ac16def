import { type AttributeValue, type Item, valueSizeBytes } from '../model/attribute-value.ts'
import { MagnetoDBError } from '../model/errors.ts'
import { ITEM_SIZE_BYTES_MAX, NESTING_DEPTH_MAX } from '../model/limits.ts'
import { andThen, isSteps, type Stepped, type Steps } from '../model/steps.ts'
import { added, discarded, subtracted } from './collections.ts'
import { type Path, valueAt } from './path.ts'
import { PathForest } from './path-tree.ts'
import { type Placed, requirePlace, withPlaced } from './place.ts'
import { computed } from './set-value.ts'
import type { UpdateAction } from './update.ts'

/**
 * The item after the updates, or null if there was none and all updates are deletions, which create
 * no item. The updates must not name key attributes. Throws `invalid_update` if an action does not
 * fit the old value, `item_too_large` or `item_too_deep` if the result cannot be stored.
 */
export function* applyUpdates(
  old: Item | null,
  key: Item,
  updates: readonly UpdateAction[],
): Steps<Item | null> {
  if (old === null && updates.length > 0 && updates.every(isDeletion)) return null
  // Invalid paths are reported before any other error.
  for (const { path } of updates) requirePlace(old, path)
  const item = new Map(old ?? key)
  const nested = new PathForest<Placed>()
  let computedBytes = 0
  for (const update of updates) {
    const { path } = update
    computedBytes = checkedBytes(computedBytes + operandBytes(update))
    const stepped = updated(old, update)
    const value = isSteps(stepped) ? yield* stepped : stepped
    if (value) computedBytes = checkedBytes(computedBytes + checkComputed(update, value))
    if (path.steps.length === 0) place(item, path.attribute, value)
    else nested.add(path, value)
    if (isSteps(stepped)) yield
  }
  for (const [attribute, tree] of nested.trees) {
    place(item, attribute, withPlaced(attribute, old?.get(attribute), tree))
    yield
  }
  return item
}

function isDeletion({ action }: UpdateAction): boolean {
  return action === 'remove' || action === 'subtract' || action === 'discard'
}

function place(item: Map<string, AttributeValue>, attribute: string, value: Placed): void {
  if (value) item.set(attribute, value)
  else item.delete(attribute)
}

/** Null removes the attribute. */
function updated(old: Item | null, update: UpdateAction): Stepped<Placed> {
  const { path } = update
  const { attribute } = path
  switch (update.action) {
    case 'set':
      return computed(attribute, update.value, old)
    case 'remove':
      return null
    case 'add':
      return added(attribute, valueAt(old, path), update.value)
    case 'subtract':
      return orRemoved(subtracted(attribute, valueAt(old, path), update.value))
    case 'discard':
      return orRemoved(discarded(attribute, valueAt(old, path), update.value))
  }
}

function orRemoved(left: Stepped<AttributeValue | undefined>): Stepped<Placed> {
  return andThen(left, (value) => value ?? null)
}

/** Bytes that the request's value adds. Checked before the update is computed, because many actions
 * may name one large value of the request. */
function operandBytes(update: UpdateAction): number {
  if (update.action === 'add') return valueSizeBytes(update.value)
  if (update.action !== 'set' || update.value.is !== 'value') return 0
  return valueSizeBytes(update.value.value)
}

/** Checks the nesting of a computed or nested value. Values of the request itself were checked when
 * it was decoded.
 *
 * @returns bytes of the value if it was computed, since these may be many times the item's size */
function checkComputed(update: UpdateAction, value: AttributeValue): number {
  if (update.action !== 'set') return 0
  const { path, value: set } = update
  const isComputed = set.is !== 'value'
  if (isComputed || path.steps.length > 0) checkLevels(path, value)
  return isComputed ? valueSizeBytes(value) : 0
}

function checkedBytes(bytes: number): number {
  if (bytes <= ITEM_SIZE_BYTES_MAX) return bytes
  throw new MagnetoDBError({ is: 'item_too_large', bytesMax: ITEM_SIZE_BYTES_MAX })
}

function checkLevels({ steps }: Path, value: AttributeValue): void {
  if (steps.length + levelsOf(value) <= NESTING_DEPTH_MAX) return
  throw new MagnetoDBError({ is: 'item_too_deep', levelsMax: NESTING_DEPTH_MAX })
}

/** Nesting of lists and maps. */
function levelsOf({ type, value }: AttributeValue): number {
  if (type !== 'L' && type !== 'M') return 0
  let levels = 0
  for (const part of value.values()) levels = Math.max(levels, levelsOf(part))
  return levels + 1
}
