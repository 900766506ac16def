import type { Config } from '../config/load.ts'
import { reloadedConfig } from '../config/reload.ts'
import type { Logger } from '../telemetry/logger.ts'

/** Each call reads the configuration again and returns the running one with the new values of
 * mutable options. Never throws: errors and options that need a restart are logged. */
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
        log.warn({ options: immutableChanges.join(', ') }, 'changed options need a restart')
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error)
      log.error({ reason }, 'cannot use the configuration; the current values stay in force')
    }
    return running
  }
}
