import { MissingPrerequisite } from '../test/stack/prerequisite.ts'
import { killAllGroups } from '../test/stack/processes.ts'

/** Prints a progress line. Standard output is for the results. */
export function note(line: string): void {
  process.stderr.write(`${line}\n`)
}

export interface BenchCommand<Options> {
  readonly usage: string
  /** @throws Error with a message for the user, if the arguments are invalid */
  parseOptions(args: readonly string[]): Options
  /** @param signal aborted when the run is interrupted */
  bench(options: Options, signal: AbortSignal): Promise<void>
}

/** Runs a benchmark from the command line. Ends all processes that it has started. */
export async function runBench<Options>(command: BenchCommand<Options>): Promise<void> {
  const { usage, parseOptions, bench } = command
  const interrupted = new AbortController()
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => interrupted.abort())
  }
  process.once('exit', killAllGroups)
  let options: Options
  try {
    options = parseOptions(process.argv.slice(2))
  } catch (error) {
    note(`${error instanceof Error ? error.message : String(error)}\n${usage}`)
    process.exitCode = 1
    return
  }
  try {
    await bench(options, interrupted.signal)
  } catch (error) {
    process.exitCode = 1
    if (interrupted.signal.aborted) note('interrupted')
    else if (error instanceof MissingPrerequisite) note(error.message)
    else throw error
  }
}
