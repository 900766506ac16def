import type { KeyCondition } from '../../../expression/condition.ts'
import { isScalar } from '../../../model/attribute-value.ts'
import { MagnetoDBError } from '../../../model/errors.ts'
import { keyAttributeNames, type TableDefinition } from '../../../model/table.ts'
import type { TableCheck } from '../../../operations/operation.ts'
import { validationError } from '../../invalid-request.ts'
import { INVALID_PARAMETERS } from '../refusal.ts'
import { shortened } from '../shortened.ts'

/** The key that a query uses: the table's or an index's. */
function queriedKey(
  { name: table, key, indexes }: TableDefinition,
  indexName: string | undefined,
): readonly string[] {
  if (indexName === undefined) return keyAttributeNames(key)
  const index = indexes.find(({ name }) => name === indexName)
  if (index) return [key.hash, index.range]
  throw new MagnetoDBError({ is: 'index_not_found', table, index: indexName })
}

/** Refuses an index that does not exist. */
export function checkIndex(indexName: string | undefined): TableCheck | undefined {
  if (indexName === undefined) return undefined
  return (table) => {
    queriedKey(table, indexName)
  }
}

/** Refuses conditions on attributes outside the key, or with values of other types. */
export function checkKeyConditions(
  conditions: ReadonlyMap<string, KeyCondition>,
  indexName: string | undefined,
): TableCheck {
  return (table) => {
    const names = queriedKey(table, indexName)
    if (names.length === 1 && conditions.size > 1) {
      throw validationError('Query key condition not supported')
    }
    for (const [i, name] of names.entries()) {
      const condition = conditions.get(name)
      if (condition) checkKeyCondition(table, name, condition, indexName)
      else if (i === 0 || conditions.size > 1) {
        throw validationError(`Query condition missed key schema element: ${name}`)
      }
    }
  }
}

function checkKeyCondition(
  { key, attributeTypes }: TableDefinition,
  name: string,
  condition: KeyCondition,
  index: string | undefined,
): void {
  const operands = condition.op === 'between' ? [condition.low, condition.high] : [condition.value]
  const type = attributeTypes.get(name)
  if (operands.some((operand) => operand.type !== type)) {
    throw validationError(
      `${INVALID_PARAMETERS}Condition parameter type does not match schema type`,
    )
  }
  const isUnfit = condition.op === 'begins_with' && type === 'N'
  if (isUnfit || (name === key.hash && condition.op !== 'eq')) {
    throw validationError('Query key condition not supported')
  }
  const empty = operands.filter(isScalar).find(({ value }) => value.length === 0)
  if (empty) throw new MagnetoDBError({ is: 'key_empty', name, type: empty.type, index })
}

/** Refuses a filter on attributes that the index does not project. */
export function refuseUnprojected(
  filtered: ReadonlySet<string>,
  indexName: string | undefined,
): TableCheck | undefined {
  if (indexName === undefined || filtered.size === 0) return undefined
  return ({ key, indexes }) => {
    const index = indexes.find(({ name }) => name === indexName)
    if (!index || index.projection.type === 'ALL') return
    const { projection, range } = index
    const included = projection.type === 'INCLUDE' ? projection.nonKeyAttributes : []
    const held = new Set([...keyAttributeNames(key), range, ...included])
    const missing = [...filtered].filter((name) => !held.has(name)).sort()
    if (missing.length === 0) return
    throw validationError(
      `${INVALID_PARAMETERS}Secondary index ${indexName} does not project one or more filter ` +
        `attributes: ${shortened(`[${missing.map(shortened).join(', ')}]`)}`,
    )
  }
}

/** Refuses a filter on key attributes. */
export function refuseKeyFilter(
  filtered: ReadonlySet<string>,
  indexName: string | undefined,
  parameter: 'Filter Expression' | 'QueryFilter',
): TableCheck | undefined {
  if (filtered.size === 0) return undefined
  return (table) => {
    const name = queriedKey(table, indexName).find((each) => filtered.has(each))
    if (name === undefined) return
    throw validationError(
      `${parameter} can only contain non-primary key attributes: Primary key attribute: ${name}`,
    )
  }
}
