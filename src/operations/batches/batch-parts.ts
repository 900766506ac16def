import type { ActiveTable } from '../../engine/catalogue/active-table.ts'
import type { Engine } from '../../engine/engine.ts'
import type { OperationContext } from '../../engine/operation-context.ts'
import { MagnetoDBError } from '../../model/errors.ts'
import { StorageUnavailableError } from '../../storage/driver.ts'

/**
 * Looks up the tables of a batch. Done before any item is checked, so that a missing table is
 * reported before errors in items.
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
 * Waits for the parts of a batch. If the storage is unavailable for some parts, their requests
 * become unprocessed. Throws if it is so for all parts, and for any other failure. One of these is
 * a write that is still under way: if the client repeated it, it could be applied a second time,
 * after a later write.
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

/** Some of the batch may have been applied. `storage_unavailable` would say that none was. */
function isUnknown(error: unknown): boolean {
  return error instanceof MagnetoDBError && error.code === 'outcome_unknown'
}
