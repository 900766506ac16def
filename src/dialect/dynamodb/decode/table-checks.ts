import { keyAttributeNames, type TableDefinition } from '../../../model/table.ts'
import type { TableCheck } from '../../../operations/operation.ts'
import { validationError } from '../../invalid-request.ts'

/** Refuses paths into key attributes, which have no parts. */
export function refuseOpenedKeys(opened: ReadonlySet<string>): TableCheck | undefined {
  if (opened.size === 0) return undefined
  return ({ key, indexes }) => {
    const name = keyAttributeNames(key).find((each) => opened.has(each))
    if (name !== undefined) throw noScalar('Key', name)
    const index = indexes.find(({ range }) => opened.has(range))
    if (index) throw noScalar('IndexKey', index.range)
  }
}

function noScalar(kind: 'Key' | 'IndexKey', name: string) {
  return validationError(
    "Key attributes must be scalars; list random access '[]' and map lookup '.' are not " +
      `allowed: ${kind}: ${name}`,
  )
}

/** Runs all checks in order. */
export function allChecks(...checks: readonly (TableCheck | undefined)[]): TableCheck | undefined {
  const wanted = checks.filter((each) => each !== undefined)
  if (wanted.length === 0) return undefined
  return (table: TableDefinition) => {
    for (const check of wanted) check(table)
  }
}
