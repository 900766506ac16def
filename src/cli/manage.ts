#!/usr/bin/env node
import { loadConfig } from '../config/load.ts'
import { sampleConfig } from '../config/sample.ts'
import { nodeRefusal } from '../process/package-file.ts'
import { policySample } from '../service/policy-options.ts'
import { CONFIG_USAGE, readArguments, type ToolArguments, UsageError } from './arguments.ts'
import { checkConfig } from './config-check.ts'
import { listJobs } from './jobs-list.ts'
import { runTool } from './run-tool.ts'
import { listTables } from './tables-list.ts'

const NAME = 'magnetodb-manage'

const USAGE = `usage: ${NAME} [--config-file FILE | --config-dir DIR]... COMMAND

Administers a MagnetoDB service. Run it as the user that the service runs as.

  config check   read the configuration and the policy files as the service does at its start
  config sample  print a configuration with every option and its default
  jobs           list the background jobs in progress, with tabs between the columns: status, job,
                 subject, failures in a row, start of the failures, last error
                 --json: as a JSON document
  policy sample  print a policy file with every rule and its default
  tables list    list the tables of all projects, or of one with --project ID, with tabs between
                 the columns: project, table, status, time of creation, id

${CONFIG_USAGE}`

function configOf({ configPaths }: ToolArguments) {
  return loadConfig(configPaths, process.env)
}

function write(text: string): number {
  process.stdout.write(text)
  return 0
}

const COMMANDS: Readonly<Record<string, (args: ToolArguments) => Promise<number>>> = {
  'config check': (args) => checkConfig(configOf(args)),
  'config sample': async () => write(sampleConfig()),
  jobs: async (args) => {
    await listJobs(configOf(args), args.values.json === true)
    return 0
  },
  'policy sample': async () => write(policySample()),
  'tables list': async (args) => {
    const { project } = args.values
    await listTables(configOf(args), typeof project === 'string' ? project : undefined)
    return 0
  },
}

await runTool({
  name: NAME,
  usage: USAGE,
  readArguments: (args) =>
    readArguments(args, { project: { type: 'string' }, json: { type: 'boolean' } }),
  async run(args) {
    const command = Object.hasOwn(COMMANDS, args.command) ? COMMANDS[args.command] : undefined
    if (!command) throw new UsageError(`there is no command "${args.command}" (see --help)`)
    const refusal = nodeRefusal(process.versions.node)
    if (refusal !== undefined) throw new Error(refusal)
    return command(args)
  },
  fail(error) {
    const reason = error instanceof Error ? error.message : String(error)
    process.stderr.write(`${NAME}: ${reason}\n`)
    return 1
  },
})
