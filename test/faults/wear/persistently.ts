import { setTimeout as delay } from 'node:timers/promises'
import { MagnetoDBError } from '../../../src/model/errors.ts'
import { StorageUnavailableError } from '../../../src/storage/driver.ts'

const ATTEMPTS_MAX = 20
const PAUSE_MS = 250

/** Repeats the work while the storage is busy or the outcome is unknown. `doneBefore` is the reason
 * with which a repeated request is refused if it was applied before. */
export async function persistently<T>(
  work: () => Promise<T>,
  doneBefore?: MagnetoDBError['reason']['is'],
): Promise<T | undefined> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      const reason = error instanceof MagnetoDBError ? error.reason.is : undefined
      if (attempt > 1 && reason !== undefined && reason === doneBefore) return undefined
      const isBusy = error instanceof StorageUnavailableError || reason !== undefined
      if (!isBusy || attempt === ATTEMPTS_MAX) throw error
      await delay(PAUSE_MS)
    }
  }
}
