import type { ActiveTable } from '../../engine/catalogue/active-table.ts'
import type { Engine } from '../../engine/engine.ts'
import type { OperationContext } from '../../engine/operation-context.ts'
import { MagnetoDBError } from '../../model/errors.ts'
import { StorageUnavailableError } from '../../storage/driver.ts'

/**
 * The tables of a batch, all looked up before any of its items is checked: a table that does not
 * exist is what a caller hears of first, whatever is wrong with the items of another.
 */
export async function tablesOf<Request extends { readonly table: string }>(
  { catalogue }: Engine,
  context: OperationContext,
  requests: readonly Request[],
): Promise<readonly { readonly request: Request; readonly table: ActiveTable }[]> {
  const tables = await Promise.all(requests.map(({ table }) => catalogue.active(context, table)))
  return requests.map((request, i) => ({ request, table: tables[i] as ActiveTable }))
}

/**
 * Waits for the parts of a batch, each of which may fail by itself for want of the storage engine:
 * its requests are then left over. Throws when all failed so, and for any other failure, such as a
 * write that is still under way: sent again, it could be carried out once more after a later one.
 */
export async function settleParts<T>(
  parts: readonly Promise<T>[],
): Promise<PromiseSettledResult<T>[]> {
  const outcomes = await Promise.allSettled(parts)
  const failures = outcomes.filter((outcome) => outcome.status === 'rejected')
  const fatal = failures.find(({ reason }) => !isTemporary(reason))
  if (fatal) throw fatal.reason
  if (failures.length > 0 && failures.length === outcomes.length) {
    throw (failures.find(({ reason }) => isUnknown(reason)) ?? failures[0])?.reason
  }
  return outcomes
}

function isTemporary(error: unknown): boolean {
  if (error instanceof StorageUnavailableError) return true
  if (!(error instanceof MagnetoDBError)) return false
  const { code, reason } = error
  if (reason.is === 'write_outcome_unknown') return !reason.underWay
  return code === 'unavailable' || code === 'outcome_unknown'
}

/** Some of it may have been done, which a failure for want of the engine denies. */
function isUnknown(error: unknown): boolean {
  return error instanceof MagnetoDBError && error.code === 'outcome_unknown'
}
