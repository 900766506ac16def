import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { pythonFromEnv } from '../stack/environment.ts'
import { sourceFile } from '../stack/project.ts'
import { MAIN } from './service.ts'

export type Ended = Awaited<ReturnType<typeof runProgram>>

/** Runs a program to its end, with these variables beside those of this process. */
export async function runProgram(
  [command = '', ...args]: readonly string[],
  input = '',
  environment: NodeJS.ProcessEnv = {},
) {
  const child = spawn(command, args, { env: { ...process.env, ...environment } })
  // A program that reads nothing of it may have ended by then.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [[code], stdout, stderr] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ])
  return { code: code as number | null, stdout, stderr }
}

/** Runs the service's program, by a command that is followed by it if there is one. */
export function runMain(args: readonly string[], startedBy: readonly string[] = []) {
  return runProgram([...startedBy, process.execPath, MAIN, ...args])
}

/** Runs one of the operator's programs. */
export function runTool(name: 'manage' | 'status', args: readonly string[]) {
  const program = fileURLToPath(new URL(`../../src/cli/${name}.js`, import.meta.url))
  return runProgram([process.execPath, program, ...args])
}

/** The output of a script of test/live/python; fails with what it said otherwise. */
export async function runPython(
  script: string,
  args: readonly string[],
  input: unknown = null,
  python = pythonFromEnv(),
  environment: NodeJS.ProcessEnv = {},
): Promise<string> {
  const command = [python, '-B', sourceFile(`test/live/python/${script}`), ...args]
  const { code, stdout, stderr } = await runProgram(command, JSON.stringify(input), environment)
  if (code !== 0) throw new Error(`${script} ended with ${code}: ${stderr}`)
  return stdout
}
