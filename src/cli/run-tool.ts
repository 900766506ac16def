import { packageFile } from '../process/package-file.ts'
import { type ToolArguments, UsageError } from './arguments.ts'

export interface Tool {
  readonly name: string
  readonly usage: string
  readArguments(args: readonly string[]): ToolArguments
  /** @returns the exit code */
  run(args: ToolArguments): Promise<number>
  /** Reports an error of `run`. @returns the exit code */
  fail(error: unknown): number
}

/** Runs a tool with the process's arguments and sets the exit code. */
export async function runTool(tool: Tool): Promise<void> {
  process.exitCode = await codeOf(tool)
}

async function codeOf(tool: Tool): Promise<number> {
  try {
    const args = tool.readArguments(process.argv.slice(2))
    if (args.action === 'help') process.stdout.write(tool.usage)
    if (args.action === 'version') process.stdout.write(`${packageFile().version}\n`)
    return args.action === 'run' ? await tool.run(args) : 0
  } catch (error) {
    if (!(error instanceof UsageError)) return tool.fail(error)
    process.stderr.write(`${tool.name}: ${error.message}\n`)
    return 1
  }
}
