import type { KeyCondition } from '../../expression/condition.ts'
import { type AttributeValue, type Item, isScalar } from '../../model/attribute-value.ts'
import { MagnetoDBError } from '../../model/errors.ts'
import { HASH_KEY_BYTES_MAX, RANGE_KEY_BYTES_MAX } from '../../model/limits.ts'
import { keyAttributeNames, type SecondaryIndex, type TableDefinition } from '../../model/table.ts'
import { GET_MANY_ROWS_MAX, type ReadOptions, type SortRange } from '../../storage/driver.ts'
import type { ActiveTable } from '../catalogue/active-table.ts'
import { encodeKeyValue, queryRange, successor } from '../format/key-codec.ts'
import { encodedEntryOf, encodedItemOf } from '../format/value-codec.ts'
import type { WorkContext } from '../operation-context.ts'
import { addressOfKey, checkKeyLength, checkKeyValue } from './check-item.ts'
import { fetchItems, finishPage, type Page, type PageView, pageBudget } from './read-page.ts'

export interface QueryItems {
  readonly keyConditions: ReadonlyMap<string, KeyCondition>
  readonly forward: boolean
  readonly exclusiveStartKey?: Item
  readonly view: PageView
  /** The view needs attributes that the index does not hold. */
  readonly beyondIndex: boolean
}

/** Reads one page of a partition's items, or of their entries in an index. */
export async function queryItems(
  context: WorkContext,
  table: ActiveTable,
  query: QueryItems,
  read: ReadOptions,
): Promise<Page> {
  const { storage } = context
  const { definition } = table
  const { view } = query
  const { hash, range } = resolveConditions(definition, query.keyConditions, view.index)
  const partition = encodeKeyValue(checkKeyValue(definition.key.hash, hash, HASH_KEY_BYTES_MAX))
  const { exclusiveStartKey } = query
  const start = exclusiveStartKey && addressOfKey(definition, exclusiveStartKey, view.index)
  const sorts = behind(queryRange(view.index?.number, range), start?.sort, query.forward)
  const encodedOf = view.index && !query.beyondIndex ? encodedEntryOf : encodedItemOf
  const empty = Buffer.compare(sorts.from, sorts.to) >= 0
  if (empty || (start && !start.partition.equals(partition))) {
    return finishPage(context, table, view, { rows: [], more: false }, encodedOf)
  }
  const direction = query.forward ? 'forward' : 'backward'
  const budget = pageBudget(view, query.beyondIndex ? GET_MANY_ROWS_MAX : undefined)
  const slice = await storage.slice(table.id, partition, sorts, direction, budget, read)
  const { rows, more, reached } = slice
  const found = { rows, more, ...(reached && { reached: { partition, sort: reached } }) }
  if (!query.beyondIndex) return finishPage(context, table, view, found, encodedOf)
  const fetched = await fetchItems(storage, table, () => partition, found, read)
  return finishPage(context, table, view, fetched, encodedOf)
}

/** The part of a range that follows `start` in the direction of reading. */
function behind(
  range: Required<SortRange>,
  start: Buffer | undefined,
  forward: boolean,
): Required<SortRange> {
  if (!start) return range
  const { from, to } = range
  if (!forward) return { from, to: Buffer.compare(start, to) < 0 ? start : to }
  const next = successor(start)
  return { from: Buffer.compare(next, from) > 0 ? next : from, to }
}

/** Checks that the conditions are an equality on the hash key and at most one condition on the
 * range key, that of the index if there is one. */
function resolveConditions(
  definition: TableDefinition,
  conditions: ReadonlyMap<string, KeyCondition>,
  index: SecondaryIndex | undefined,
): { hash: AttributeValue; range: KeyCondition | undefined } {
  const { key } = definition
  const rangeName = index ? index.range : key.range
  const hash = conditions.get(key.hash)
  const range = rangeName === undefined ? undefined : conditions.get(rangeName)
  if (!hash || conditions.size !== (range ? 2 : 1)) throw mismatch(definition, conditions)
  if (hash.op !== 'eq') {
    throw new MagnetoDBError({ is: 'hash_condition_unequal', name: key.hash })
  }
  checkOperands(definition, conditions)
  return { hash: hash.value, range }
}

function checkOperands(
  definition: TableDefinition,
  conditions: ReadonlyMap<string, KeyCondition>,
): void {
  for (const [name, condition] of conditions) {
    const expected = definition.attributeTypes.get(name)
    const operands =
      condition.op === 'between' ? [condition.low, condition.high] : [condition.value]
    for (const operand of operands) {
      if (!isScalar(operand) || operand.type !== expected) throw mismatch(definition, conditions)
      if (name !== definition.key.hash) checkKeyLength(name, operand, RANGE_KEY_BYTES_MAX)
    }
  }
}

function mismatch(
  { key, attributeTypes }: TableDefinition,
  conditions: ReadonlyMap<string, KeyCondition>,
): Error {
  return new MagnetoDBError({
    is: 'key_conditions_mismatch',
    conditions: [...conditions].map(([name, { op }]) => ({ name, op })),
    key: keyAttributeNames(key).map((name) => ({ name, type: attributeTypes.get(name) })),
  })
}
