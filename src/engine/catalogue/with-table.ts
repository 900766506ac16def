import { MagnetoDBError } from '../../model/errors.ts'
import { StorageUnavailableError } from '../../storage/driver.ts'
import type { OperationContext } from '../operation-context.ts'
import { type ActiveTable, StaleDefinitionError } from './active-table.ts'
import type { Catalogue } from './catalogue.ts'

const STALE_ATTEMPTS_MAX = 3

export interface TableUse {
  readonly name: string
  /** The definition that the request has looked up before: used if that costs no look at the
   * storage. */
  readonly known?: ActiveTable
  /** Whether a result of the work means that something was written. */
  readonly writes?: boolean
}

/**
 * Runs `work` with the table's definition, and again when a commit met a newer one, or when the
 * table turns out to have been deleted meanwhile and made anew. What was written to a table that is
 * gone by now may have been seen before: `table_outcome_unknown`.
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

/** The same for work that was planned by an earlier look at the table: `table_replaced` when that
 * table is no longer the one of its name. */
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

/** After the work, which was perhaps stopped for long: what it read or wrote counts only if the
 * table is still the same. No data of a table goes before its definition does. */
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
