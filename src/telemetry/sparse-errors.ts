import type { Logger } from './logger.ts'

const INTERVAL_MS = 30_000

/**
 * For work that is tried again and again while something is away: logs the first error, and then
 * one in half a minute, with the number of those in between that were not logged.
 */
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
