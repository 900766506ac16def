import type { KeyCondition } from '../../../expression/condition.ts'
import type { Item, ScalarValue } from '../../../model/attribute-value.ts'
import { compareScalars } from '../../../model/scalar-order.ts'
import { keyAttributeNames, type TableDefinition } from '../../../model/table.ts'
import type { TableCheck } from '../../../operations/operation.ts'
import { validationError } from '../../invalid-request.ts'

const INVALID = 'The provided starting key is invalid'

/** Refuses a start key that no answer can contain. */
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

/** Refuses a start key that the key conditions exclude. */
export function checkStartWithin(
  key: Item,
  conditions: ReadonlyMap<string, KeyCondition>,
): TableCheck {
  return (table) => {
    for (const [name, condition] of conditions) {
      const value = key.get(name)
      if (value && isMet(condition, value as ScalarValue)) continue
      throw validationError(
        name === table.key.hash
          ? 'The provided starting key is outside query boundaries based on provided conditions'
          : 'The provided starting key does not match the range key predicate',
      )
    }
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
