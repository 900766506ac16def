import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { pythonFromEnv } from '../stack/environment.ts'
import { sourceFile } from '../stack/project.ts'
import { MAIN } from './service.ts'

/** Runs a program to its end, with these variables added to this process's environment. */
export async function runProgram(
  [command = '', ...args]: readonly string[],
  input = '',
  environment: NodeJS.ProcessEnv = {},
) {
  const child = spawn(command, args, { env: { ...process.env, ...environment } })
  // A program that does not read its input may have ended already.
  child.stdin.on('error', () => {})
  child.stdin.end(input)
  const [[code], stdout, stderr] = await Promise.all([
    once(child, 'close'),
    text(child.stdout),
    text(child.stderr),
  ])
  return { code: code as number | null, stdout, stderr }
}

/** Runs the service's program. With `startedBy`, that command runs it. */
export function runMain(args: readonly string[], startedBy: readonly string[] = []) {
  return runProgram([...startedBy, process.execPath, MAIN, ...args])
}

/** Runs one of the operator's programs. */
export function runTool(name: 'manage' | 'status', args: readonly string[]) {
  const program = fileURLToPath(new URL(`../../src/cli/${name}.js`, import.meta.url))
  return runProgram([process.execPath, program, ...args])
}

/** Runs a script of test/live/python and returns its output. If it fails, rejects with the
 * output. */
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
