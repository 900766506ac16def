import type { Config } from '../config/load.ts'
import type { LogOptions } from '../telemetry/logger.ts'

/** The logger's share of the configuration. */
export function logOptions({ DEFAULT: { debug, use_json, log_file } }: Config): LogOptions {
  return { debug, useJson: use_json, logFile: log_file }
}
