import cluster from 'node:cluster'
import { parseCommandLine, USAGE } from '../config/command-line.ts'
import { loadConfig } from '../config/load.ts'
import { logOptions } from '../service/log-options.ts'
import { escapeInvisible } from '../telemetry/invisible.ts'
import { isStandardErrorJournal, journalPriority } from '../telemetry/journal.ts'
import { type Log, openLog } from '../telemetry/logger.ts'
import { packageFile } from './package-file.ts'
import { checkResourceLimits } from './resource-limits.ts'
import { leaveSignalsToPrimary } from './signals.ts'
import { outliveStandardStreams } from './standard-streams.ts'

/** @returns the exit code */
async function main(args: readonly string[]): Promise<number> {
  let log: Log | undefined
  try {
    const { action, configPaths } = parseCommandLine(args)
    if (action === 'help') process.stdout.write(USAGE)
    if (action === 'version') process.stdout.write(`${packageFile().version}\n`)
    if (action !== 'run') return 0
    outliveStandardStreams()
    const readConfig = () => loadConfig(configPaths, process.env)
    const config = readConfig()
    checkResourceLimits(config)
    log = openLog(logOptions(config))
    // Imported after the checks, since the import may exceed a low limit of open files.
    const { runPrimary } = await import('./primary.ts')
    return await runPrimary({ config, readConfig, log })
  } catch (error) {
    tellFailure(error instanceof Error ? error.message : String(error), log)
    return 1
  } finally {
    await log?.close()
  }
}

/** Writes one line for a user. Also writes one to the log, if that is elsewhere or has another
 * form. */
function tellFailure(reason: string, log: Log | undefined): void {
  if (log && !log.isForReader) {
    log.named('magnetodb').error({ reason }, 'cannot start')
    if (log.isOnStandardError) return
  }
  const priority = isStandardErrorJournal() ? journalPriority('ERROR') : ''
  process.stderr.write(`${priority}magnetodb-api: ${escapeInvisible(reason)}\n`)
}

// Each process imports only what it runs: imports take most of the time of a start.
if (cluster.isWorker) {
  leaveSignalsToPrimary()
  outliveStandardStreams()
  const { runWorker } = await import('./worker.ts')
  runWorker()
} else {
  const code = await main(process.argv.slice(2))
  // Unread standard output or error would keep the process alive.
  process.exit(code)
}
