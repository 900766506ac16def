import type { Config } from '../config/load.ts'
import { reloadedConfig } from '../config/reload.ts'
import type { Logger } from '../telemetry/logger.ts'

/**
 * Reads the configuration again at each call, and gives the running one with what of it may change.
 * Never throws: the log says what cannot be used, and what needs a restart.
 */
export function configReloader(
  atStart: Config,
  readConfig: () => Config,
  log: Logger,
): () => Config {
  let running = atStart
  let warned = atStart.warnings
  return () => {
    try {
      const read = readConfig()
      const { config, immutableChanges } = reloadedConfig(running, read)
      running = config
      for (const warning of read.warnings) if (!warned.includes(warning)) log.warn({}, warning)
      warned = read.warnings
      if (immutableChanges.length > 0) {
        log.warn({ options: immutableChanges.join(', ') }, 'changes that need a restart')
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      log.error({ reason }, 'the configuration cannot be used; the values from before stay')
    }
    return running
  }
}
