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
 * The item after the updates, or null where there was none and they create none: deletions alone
 * do not make an item. The updates name no key attribute. Throws `invalid_update` where an action
 * does not fit what it meets, `item_too_large` or `item_too_deep` where its result cannot be.
 */
export function* applyUpdates(
  old: Item | null,
  key: Item,
  updates: readonly UpdateAction[],
): Steps<Item | null> {
  if (old === null && updates.length > 0 && updates.every(isDeletion)) return null
  // Of what is wrong with an update, paths that lead nowhere are told first.
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

/** What is set or added is a part of the item. One value of a request may be named by many actions:
 * nothing is made of it that no item can hold. */
function operandBytes(update: UpdateAction): number {
  if (update.action === 'add') return valueSizeBytes(update.value)
  if (update.action !== 'set' || update.value.is !== 'value') return 0
  return valueSizeBytes(update.value.value)
}

/** The values of a request are as deep as values may be. Those that are made of what the item has
 * may be many times its size before it is written.
 *
 * @returns bytes that were computed */
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

/** Of lists and maps. */
function levelsOf({ type, value }: AttributeValue): number {
  if (type !== 'L' && type !== 'M') return 0
  let levels = 0
  for (const part of value.values()) levels = Math.max(levels, levelsOf(part))
  return levels + 1
}
