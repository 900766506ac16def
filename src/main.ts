#!/usr/bin/env node
import cluster from 'node:cluster'
import { parseCommandLine, USAGE } from './config/command-line.ts'
import { loadConfig } from './config/load.ts'
import { checkOpenFiles } from './process/open-files.ts'
import { runPrimary } from './process/primary.ts'
import { packageVersion } from './process/version.ts'
import { logOptions } from './service/log-options.ts'
import { openLog } from './telemetry/logger.ts'

/** @returns the exit code */
async function main(args: readonly string[]): Promise<number> {
  try {
    const { action, configFiles } = parseCommandLine(args)
    if (action === 'help') process.stdout.write(USAGE)
    if (action === 'version') process.stdout.write(`${packageVersion()}\n`)
    if (action !== 'run') return 0
    checkOpenFiles()
    const config = loadConfig(configFiles)
    const log = openLog(logOptions(config))
    for (const warning of config.warnings) log.named('magnetodb.config').warn({}, warning)
    const code = await runPrimary(config, log)
    await log.close()
    return code
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    process.stderr.write(`magnetodb-api: ${reason}\n`)
    return 1
  }
}

// What answers requests is loaded only where that is done: it takes most of the time of a start.
if (cluster.isWorker) (await import('./process/worker.ts')).runWorker()
else process.exitCode = await main(process.argv.slice(2))
