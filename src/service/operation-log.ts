import type { Observer } from '../operations/execute.ts'
import type { Logger } from '../telemetry/logger.ts'

/** A line for each operation, as `log_operations` wants it. */
export function operationLog(log: Logger): Observer {
  return {
    observe({ operation, context, outcome, seconds, storage: { requests, depth } }) {
      const microseconds = Math.round(seconds * 1e6)
      log.info({ context, outcome, microseconds, requests, depth }, operation)
    },
  }
}
