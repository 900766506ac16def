import type { KeyCondition } from '../../../expression/condition.ts'
import type { Item, ScalarValue } from '../../../model/attribute-value.ts'
import { compareScalars } from '../../../model/scalar-order.ts'
import { keyAttributeNames, type TableDefinition } from '../../../model/table.ts'
import type { TableCheck } from '../../../operations/operation.ts'
import { validationError } from '../../invalid-request.ts'

const INVALID = 'The provided starting key is invalid'
const OTHER_RANGE = 'The provided starting key does not match the range key predicate'
const OTHER_PARTITION =
  'The provided starting key is outside query boundaries based on provided conditions'

/** Refuses a start key that no response can contain. */
export function checkStartKey(key: Item, indexName: string | undefined): TableCheck {
  return (table) => {
    const names = startKeyNames(table, indexName)
    if (key.size !== names.length || names.some((name) => !key.has(name))) {
      throw validationError(INVALID)
    }
    for (const name of names) {
      if (key.get(name)?.type === table.attributeTypes.get(name)) continue
      throw validationError(`${INVALID}: The provided key element does not match the schema`)
    }
  }
}

function startKeyNames({ key, indexes }: TableDefinition, indexName: string | undefined) {
  const index = indexes.find(({ name }) => name === indexName)
  return [...keyAttributeNames(key), ...(index ? [index.range] : [])]
}

/** Refuses a start key that the key conditions exclude: by its range key first. */
export function checkStartWithin(
  key: Item,
  conditions: ReadonlyMap<string, KeyCondition>,
): TableCheck {
  const holds = (name: string): boolean => {
    const [value, condition] = [key.get(name), conditions.get(name)]
    return value !== undefined && condition !== undefined && isMet(condition, value as ScalarValue)
  }
  return (table) => {
    const { hash } = table.key
    for (const name of conditions.keys()) {
      if (name !== hash && !holds(name)) throw validationError(OTHER_RANGE)
    }
    if (!holds(hash)) throw validationError(OTHER_PARTITION)
  }
}

function isMet(condition: KeyCondition, { type, value }: ScalarValue): boolean {
  const against = (operand: unknown): number =>
    compareScalars(type, value, (operand as ScalarValue).value)
  switch (condition.op) {
    case 'between':
      return against(condition.low) >= 0 && against(condition.high) <= 0
    case 'begins_with': {
      const start = condition.value.value as string | Buffer
      if (typeof value === 'string') return value.startsWith(start as string)
      return value.subarray(0, start.length).equals(start as Buffer)
    }
    case 'eq':
      return against(condition.value) === 0
    case 'lt':
      return against(condition.value) < 0
    case 'le':
      return against(condition.value) <= 0
    case 'gt':
      return against(condition.value) > 0
    case 'ge':
      return against(condition.value) >= 0
  }
}
