import { MagnetoDBError } from '../model/errors.ts'
import { StorageUnavailableError } from '../storage/driver.ts'

/**
 * Waits for the parts of a batch, each of which may fail by itself for want of the storage engine:
 * its requests are then left over. Throws when all failed so, and for any other failure.
 */
export async function settleParts<T>(
  parts: readonly Promise<T>[],
): Promise<PromiseSettledResult<T>[]> {
  const outcomes = await Promise.allSettled(parts)
  const failures = outcomes.filter((outcome) => outcome.status === 'rejected')
  const fatal = failures.find(({ reason }) => !isTemporary(reason))
  if (fatal) throw fatal.reason
  const [first] = failures
  if (first && failures.length === outcomes.length) throw first.reason
  return outcomes
}

function isTemporary(error: unknown): boolean {
  if (error instanceof StorageUnavailableError) return true
  return (
    error instanceof MagnetoDBError &&
    (error.code === 'unavailable' || error.code === 'outcome_unknown')
  )
}
