import type { Logger } from './logger.ts'

const INTERVAL_MS = 30_000

/** Limits the log of work that is retried during an outage: the first error, then one per half
 * minute with the number of errors in between. */
export function sparseErrors(
  log: Pick<Logger, 'error'>,
  message: string,
  monotonicNow: () => number = () => performance.now(),
): (error: unknown) => void {
  let loggedAt = Number.NEGATIVE_INFINITY
  let unlogged = 0
  return (error) => {
    const now = monotonicNow()
    if (now - loggedAt < INTERVAL_MS) {
      unlogged++
      return
    }
    log.error({ error, ...(unlogged > 0 ? { unlogged } : {}) }, message)
    loggedAt = now
    unlogged = 0
  }
}
