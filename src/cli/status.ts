#!/usr/bin/env node
import { loadConfig } from '../config/load.ts'
import { CONFIG_USAGE, readArguments, UsageError } from './arguments.ts'
import { runTool } from './run-tool.ts'
import { upgradeChecks } from './upgrade-checks.ts'
import { gravest, jsonReport, tableReport } from './upgrade-report.ts'

const NAME = 'magnetodb-status'
/** The exit code of oslo.upgradecheck for an unexpected error. */
const UNEXPECTED = 255

const USAGE = `usage: ${NAME} [--config-file FILE | --config-dir DIR]... upgrade check [--json]

Checks whether this version of MagnetoDB can take over the deployment, before it is started. Run it
as the user that the service runs as. The exit code is 0 if it can, 1 with warnings, 2 if it
cannot, and 255 if the check failed.

  --json              write the results as JSON
${CONFIG_USAGE}`

await runTool({
  name: NAME,
  usage: USAGE,
  readArguments: (args) => readArguments(args, { json: { type: 'boolean' } }),
  async run({ command, configPaths, values }) {
    if (command !== 'upgrade check') {
      throw new UsageError(`there is no command "${command}" (see --help)`)
    }
    const results = await upgradeChecks(() => loadConfig(configPaths, process.env))
    process.stdout.write(values.json ? jsonReport(results) : tableReport(results))
    return gravest(results)
  },
  fail(error) {
    const told = error instanceof Error ? error.stack : String(error)
    process.stdout.write(`Error:\n${told}\n`)
    return UNEXPECTED
  },
})
