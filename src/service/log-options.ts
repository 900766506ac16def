import { resolve } from 'node:path'
import type { Config } from '../config/load.ts'
import type { LogOptions } from '../telemetry/logger.ts'

/** The default name of the log file in `log_dir`: the program's, as in oslo.log. */
const FILE_NAME = 'magnetodb-api.log'

export function logOptions({ DEFAULT }: Config): LogOptions {
  const { debug, use_json, use_journal, log_file, log_dir } = DEFAULT
  const logFile = log_dir === undefined ? log_file : resolve(log_dir, log_file ?? FILE_NAME)
  return { debug, useJson: use_json, useJournal: use_journal, logFile }
}
