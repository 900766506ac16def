import { MagnetoDBError } from '../../model/errors.ts'
import { StorageUnavailableError } from '../../storage/driver.ts'
import type { OperationContext } from '../operation-context.ts'
import { type ActiveTable, StaleDefinitionError } from './active-table.ts'
import type { Catalogue } from './catalogue.ts'

const STALE_ATTEMPTS_MAX = 3

export interface TableUse {
  readonly name: string
  /** A definition that the request has looked up before. Used if the cache confirms it. */
  readonly known?: ActiveTable
  /** Whether the work has written something if it returns a result. */
  readonly writes?: boolean
}

/**
 * Runs `work` with the table's definition. Runs it again if a commit met a newer definition, or if
 * the table has been deleted and created again since.
 *
 * @throws (rejects with) MagnetoDBError `table_outcome_unknown` if the work wrote to a table that
 *   no longer exists: others may have read it before the deletion
 */
export async function withTable<T>(
  { catalogue }: { readonly catalogue: Catalogue },
  context: OperationContext,
  { name, known, writes = false }: TableUse,
  work: (table: ActiveTable) => Promise<T>,
): Promise<T> {
  for (let attempt = 0; attempt < STALE_ATTEMPTS_MAX; attempt++) {
    const isKnown = attempt === 0 && known && catalogue.isCurrent(known)
    const table = isKnown
      ? known
      : (catalogue.cached(context, name) ?? (await catalogue.active(context, name)))
    let outcome: Outcome<T>
    try {
      outcome = { result: await work(table) }
    } catch (error) {
      outcome = { error }
    }
    const error = 'error' in outcome ? outcome.error : undefined
    if (error instanceof StaleDefinitionError) {
      catalogue.forget(table)
      continue
    }
    const isOver = catalogue.isCurrent(table) || error instanceof StorageUnavailableError
    if (!isOver && !(await isStillThere(catalogue, context, table, error))) {
      if (isUnknown(error)) throw error
      if (writes && 'result' in outcome) throw new MagnetoDBError({ is: 'table_outcome_unknown' })
      continue
    }
    if ('error' in outcome) throw outcome.error
    return outcome.result
  }
  throw new MagnetoDBError({ is: 'table_changing', table: name })
}

/** The same for work that was planned with an earlier definition. Rejects with `table_replaced` if
 * the name belongs to another table now. */
export function withKnownTable<T>(
  engine: { readonly catalogue: Catalogue },
  context: OperationContext,
  { known, writes = false }: Pick<TableUse, 'writes'> & { readonly known: ActiveTable },
  work: (table: ActiveTable) => Promise<T>,
): Promise<T> {
  const { name } = known.definition
  const checked = async (table: ActiveTable): Promise<T> => {
    if (table.id.equals(known.id)) return work(table)
    throw tableReplaced(name)
  }
  return withTable(engine, context, { name, known, writes }, checked)
}

export function tableReplaced(table: string): MagnetoDBError {
  return new MagnetoDBError({ is: 'table_replaced', table })
}

type Outcome<T> = { readonly result: T } | { readonly error: unknown }

/** Whether the table still exists after the work, during which the process may have been stopped
 * for long. A table's definition is removed before any of its data. */
async function isStillThere(
  catalogue: Catalogue,
  context: OperationContext,
  table: ActiveTable,
  workError: unknown,
): Promise<boolean> {
  try {
    return await catalogue.isThere(context, table)
  } catch (cause) {
    if (!(cause instanceof StorageUnavailableError)) throw cause
    if (isUnknown(workError)) throw workError
    throw new MagnetoDBError({ is: 'table_outcome_unknown' }, { cause })
  }
}

function isUnknown(error: unknown): boolean {
  return error instanceof MagnetoDBError && error.code === 'outcome_unknown'
}
